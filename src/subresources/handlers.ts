import type { UserInfo } from '../http/index.js'
import type { SubresourceHandler, VirtualResource } from '../registry/index.js'
import {
  localSubjectAccessReviews,
  type Rules,
  selfSubjectAccessReviews,
  selfSubjectRulesReviews,
  subjectAccessReviews,
} from './access-reviews.js'
import { bindings, podBinding } from './binding.js'
import { componentStatuses } from './component-statuses.js'
import type { SubresourceEnvironment } from './environment.js'
import { podEviction } from './eviction.js'
import { selfSubjectReviews, type TokenCheck, tokenReviews } from './identity-reviews.js'
import type { KubeletOptions } from './kubelet.js'
import { podLog } from './pod-log.js'
import { type MayCreate, podAttach, podExec, podPortForward } from './pod-streams.js'
import { nodeProxy, podProxy, serviceProxy } from './proxies.js'
import { type TokenRequestOptions, tokenRequests } from './token-request.js'

export interface HandlerOptions {
  readonly environment: SubresourceEnvironment
  readonly kubelets: KubeletOptions
  readonly mayCreate: MayCreate
  /** What goes on until somebody ends it; the server does when it stops. */
  streams(): Set<{ end(): void }>
  /** Number between 0 and 1, for picking endpoints. */
  random(): number
  /** Undefined: this server issues no tokens. */
  readonly tokens: TokenRequestOptions | undefined
  /** Undefined: this server takes no tokens. */
  tokenCheck(): TokenCheck | undefined
  /** `--api-audiences`. */
  readonly audiences: readonly string[]
  rulesFor(user: UserInfo, namespace: string): Rules
}

/** Connections and streams, by `group/resource/subresource`. */
export function subresourceHandlers(options: HandlerOptions): ReadonlyMap<string, SubresourceHandler> {
  const { environment, kubelets, mayCreate, random } = options
  const endless = (serve: SubresourceHandler): SubresourceHandler => ended(serve, () => options.streams())
  return new Map<string, SubresourceHandler>([
    ['/nodes/proxy', nodeProxy(environment, kubelets)],
    ['/pods/attach', endless(podAttach(environment, kubelets, mayCreate))],
    ['/pods/exec', endless(podExec(environment, kubelets, mayCreate))],
    ['/pods/log', endless(podLog(environment, kubelets))],
    ['/pods/portforward', endless(podPortForward(environment, kubelets, mayCreate))],
    ['/pods/proxy', podProxy(environment, kubelets)],
    ['/services/proxy', serviceProxy(environment, kubelets, random)],
  ])
}

/** A handler whose connections can be ended from outside. */
const ended =
  (serve: SubresourceHandler, streams: () => Set<{ end(): void }>): SubresourceHandler =>
  async (context, parent, version) => {
    const entry = { end: () => context.exchange.destroy() }
    const all = streams()
    all.add(entry)
    try {
      await serve(context, parent, version)
    } finally {
      all.delete(entry)
    }
  }

/** What is answered but not stored, by `group/resource` and `group/resource/subresource`. */
export function virtualResources(options: HandlerOptions): ReadonlyMap<string, VirtualResource> {
  const { environment, tokens } = options
  const virtual = new Map<string, VirtualResource>([
    ['/bindings', bindings(environment)],
    ['/componentstatuses', componentStatuses()],
    ['/pods/binding', podBinding(environment)],
    ['/pods/eviction', podEviction(environment)],
    ['authentication.k8s.io/selfsubjectreviews', selfSubjectReviews(environment)],
    ['authentication.k8s.io/tokenreviews', tokenReviews(() => options.tokenCheck(), options.audiences)],
    ['authorization.k8s.io/localsubjectaccessreviews', localSubjectAccessReviews(environment)],
    ['authorization.k8s.io/selfsubjectaccessreviews', selfSubjectAccessReviews(environment)],
    ['authorization.k8s.io/selfsubjectrulesreviews', selfSubjectRulesReviews((user, ns) => options.rulesFor(user, ns))],
    ['authorization.k8s.io/subjectaccessreviews', subjectAccessReviews(environment)],
  ])
  if (tokens !== undefined) virtual.set('/serviceaccounts/token', tokenRequests(environment, tokens))
  return virtual
}
