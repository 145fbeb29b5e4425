import { FieldErrors, fillDefaults, type KubeObject, kindShape } from '../../../../api/index.js'
import type { RuleContext } from '../../../rules.js'
import { defaultPod } from '../defaults.js'
import type { Container, PodSpec } from '../types.js'

const offByDefault = new Set([
  'SELinuxMount',
  'UserNamespacesHostNetworkSupport',
  'TaintTolerationComparisonOperators',
  'ImageVolumeWithDigest',
  'GenericWorkload',
  'ContainerStopSignals',
  'PodCertificateRequest',
  'ClusterTrustBundleProjection',
  'DRANodeAllocatableResources',
])

/** A context with 1.36's gates, some of them the other way round. */
export function contextWith({
  on = [],
  off = [],
  ...more
}: Partial<RuleContext> & { on?: string[]; off?: string[] } = {}) {
  const context: RuleContext = {
    user: undefined,
    namespace: 'ns',
    subresource: '',
    dryRun: false,
    now: () => Date.UTC(2026, 0, 1),
    enabled: (gate) => on.includes(gate) || (!off.includes(gate) && !offByDefault.has(gate)),
    ...more,
  }
  return context
}

/** A defaulted pod with one container `main`, changed by the given members. */
export function podWith(spec: PodSpec = {}, container: Container = {}, metadata: object = {}): KubeObject {
  const pod: KubeObject = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name: 'p', namespace: 'ns', resourceVersion: '1', ...metadata },
    spec: { containers: [{ name: 'main', image: 'a:1', ...container }], ...spec },
  }
  fillDefaults(pod, kindShape('', 'v1', 'Pod')!)
  defaultPod(pod)
  return pod
}

/** What a validation finds, as `path: message`. */
export function findings(validate: (errors: FieldErrors) => void): string[] {
  const errors = new FieldErrors()
  validate(errors)
  return errors.list.map(({ field, message }) => `${field}: ${message}`)
}
