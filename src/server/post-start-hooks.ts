import { onAuthenticationGone, publishAuthentication, publishTokenTracking } from './bootstrap/component-config.js'
import { ensureServiceCidr, type PublishedAddress, reconcileKubernetesService } from './bootstrap/kubernetes-service.js'
import { ensureRbac } from './bootstrap/rbac-objects.js'
import { ensureFlowControl, ensurePriorityClasses } from './bootstrap/suggested-objects.js'
import { ensureSystemNamespaces } from './bootstrap/system-namespaces.js'
import type { PostStartHook } from './hooks.js'
import type { ServerParts } from './running-server.js'

/** How often what must always be there is looked after. */
const reconcileMs = 10_000
const namespacesMs = 60_000
const flowControlMs = 60_000
const identityMs = 10_000
const identityCollectionMs = 3_600_000

/**
 * What a server does once it listens, under upstream's names. Where upstream waits for informers and caches, there is
 * nothing to wait for: reads come from the store itself. Those hooks are there, and done at once, because probes and people
 * look for them by name.
 */
export function postStartHooks(parts: ServerParts, port: () => number): PostStartHook[] {
  const { config, loopback, log, membership, aggregator, flowControl: flow } = parts
  const { aggregator: aggregation } = aggregator
  const named = (name: string, run: PostStartHook['run'] = () => {}): PostStartHook => ({ name, run })
  const address = (): PublishedAddress => ({
    serviceIp: config.network.apiServerServiceIp,
    serviceCidrs: config.network.serviceClusterIpRanges,
    advertiseAddress: config.generic.advertiseAddress,
    port: port(),
    nodePort: config.network.kubernetesServiceNodePort,
    endpoints: config.network.endpointReconciler !== 'none',
    count: config.network.endpointReconciler === 'master-count' ? config.network.apiServerCount : 1,
  })
  const again = (everyMs: number, signal: AbortSignal, what: () => Promise<void>): void => {
    const timer = setInterval(() => void what().catch((error) => log.error(error, 'Reconciling failed')), everyMs)
    timer.unref()
    signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  }
  const reconcile = async (): Promise<void> => {
    if (membership?.hasLeft) return
    const leased = membership !== undefined && config.network.endpointReconciler === 'lease'
    const allAddresses = leased ? await membership.addresses() : []
    const all = allAddresses.length === 0 ? {} : { allAddresses }
    await reconcileKubernetesService(loopback, { ...address(), ...all })
  }
  const namespaces = ensureSystemNamespaces(loopback)
  // Objects in a namespace wait until it is there.
  const inNamespaces = (what: () => Promise<void>) => namespaces.then(what)
  const { clientCaFile, requestHeader } = config.authentication
  const { clientCaFile: requestHeaderClientCaFile, ...names } = requestHeader
  const publishFacts = () => publishAuthentication(loopback, { clientCaFile, requestHeaderClientCaFile, ...names })
  const cidr = () => ensureServiceCidr(loopback, address())
  return [
    named('start-apiserver-admission-initializer'),
    named('generic-apiserver-start-informers'),
    ...(flow === undefined
      ? [named('max-in-flight-filter')]
      : [
          named('priority-and-fairness-config-consumer', (signal) => flow.start(signal)),
          named('priority-and-fairness-filter'),
        ]),
    named('storage-object-count-tracker-hook'),
    named('start-apiextensions-informers'),
    named('start-apiextensions-controllers', () => parts.definitions.start()),
    named('crd-informer-synced'),
    named('start-system-namespaces-controller', async (signal) => {
      await namespaces
      again(namespacesMs, signal, () => ensureSystemNamespaces(loopback))
    }),
    named('peer-endpoint-reconciler-controller'),
    named('start-cluster-authentication-info-controller', async (signal) => {
      await inNamespaces(publishFacts)
      const publish = () => void publishFacts().catch((error) => log.error(error, 'Reconciling failed'))
      parts.authorities.onChange(publish)
      const watched = onAuthenticationGone(loopback, publish)
      signal.addEventListener('abort', () => watched.close(), { once: true })
      again(namespacesMs, signal, publishFacts)
    }),
    named('start-kube-apiserver-identity-lease-controller', async (signal) => {
      if (membership === undefined) return
      await inNamespaces(() => membership.renewIdentity(port()))
      again(identityMs, signal, () => membership.renewIdentity(port()))
    }),
    named('start-kube-apiserver-identity-lease-garbage-collector', (signal) => {
      if (membership !== undefined) again(identityCollectionMs, signal, () => membership.collectIdentities())
    }),
    named('storage-readiness', () => parts.store.fresh()),
    named('start-legacy-token-tracking-controller', () => inNamespaces(() => publishTokenTracking(loopback))),
    named('start-service-ip-repair-controllers', () => parts.repairAllocation()),
    named('rbac/bootstrap-roles', () => inNamespaces(() => ensureRbac(loopback, parts.enabled))),
    named('scheduling/bootstrap-system-priority-classes', () => ensurePriorityClasses(loopback)),
    named('priority-and-fairness-config-producer', async (signal) => {
      await ensureFlowControl(loopback)
      again(flowControlMs, signal, () => ensureFlowControl(loopback))
    }),
    named('bootstrap-controller', async (signal) => {
      await inNamespaces(() => cidr().then(reconcile))
      again(reconcileMs, signal, reconcile)
    }),
    named('start-kubernetes-service-cidr-controller', () => cidr()),
    ...(aggregator.showsCertificate ? [named('aggregator-reload-proxy-client-cert')] : []),
    named('start-kube-aggregator-informers'),
    named('apiservice-status-local-available-controller', () => aggregation.startChecks()),
    named('apiservice-status-remote-available-controller'),
    named('apiservice-registration-controller'),
    named('apiservice-discovery-controller', () => aggregation.discovery.start()),
    named('kube-apiserver-autoregistration', () => aggregation.autoRegistration.start()),
    named('apiservice-openapi-controller', () => aggregation.openapi.start()),
    named('apiservice-openapiv3-controller'),
  ]
}
