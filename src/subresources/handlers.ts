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
  return new Map<string, SubresourceHandler>([
    ['/nodes/proxy', nodeProxy(environment, kubelets)],
    ['/pods/attach', podAttach(environment, kubelets, mayCreate)],
    ['/pods/exec', podExec(environment, kubelets, mayCreate)],
    ['/pods/log', podLog(environment, kubelets)],
    ['/pods/portforward', podPortForward(environment, kubelets, mayCreate)],
    ['/pods/proxy', podProxy(environment)],
    ['/services/proxy', serviceProxy(environment, random)],
  ])
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
