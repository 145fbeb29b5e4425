import {
  cidrWarnings,
  configMapKey,
  dns1123Label,
  dns1123Subdomain,
  type FieldErrors,
  index,
  type KubeObject,
  legacyCidr,
  parseCidr,
  positive,
  required,
  validateObjectMeta,
} from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { validateNodeAnnotations } from './node-annotations.js'
import { roundResourceList } from './pod/index.js'
import { validateResourceAmount } from './resource-names.js'
import { strictAddresses } from './strict-addresses.js'
import { type Taint, validateTaints } from './taints.js'

/** Nodes register themselves with their status: it is taken on create, too. */
export const nodes: ResourceRules = {
  keepStatusOnCreate: true,
  fields: { 'spec.unschedulable': ({ spec }) => String(spec?.unschedulable ?? false) },
  defaults: {
    v1({ spec, status }) {
      if (spec) syncPodCidrs(spec)
      if (!status) return
      if (status.capacity && !status.allocatable) status.allocatable = { ...status.capacity }
      roundResourceList(status.capacity)
      roundResourceList(status.allocatable)
    },
  },
  prepareForCreate(object, { enabled }) {
    delete object.spec?.configSource
    delete object.status?.config
    dropDisabled(object, undefined, enabled)
  },
  validate(object, errors, { enabled }) {
    validateNode(object, errors, enabled(strictAddresses))
  },
  prepareForUpdate(object, old, { enabled }) {
    if (old.spec?.configSource == null) delete object.spec?.configSource
    dropDisabled(object, old, enabled)
  },
  validateUpdate(object, old, errors, { enabled }) {
    validateObjectMeta(object.metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateNode(object, errors, enabled(strictAddresses))
    validateChange(object, old, errors)
  },
  prepareForStatusUpdate(object, old) {
    if (old.status?.config == null) delete object.status?.config
  },
  validateStatusUpdate: (object, old, errors) => validateChange(object, old, errors),
  warnings(object, old, { subresource }) {
    if (subresource === 'status' && old !== undefined) return []
    const spec: NodeSpec = object.spec ?? {}
    const warnings: string[] = []
    if (spec.configSource != null) warnings.push('spec.configSource: the feature is removed')
    if (spec.externalID) warnings.push('spec.externalID: this field is deprecated, and is unused by Kubernetes')
    spec.podCIDRs?.forEach((block, i) => {
      warnings.push(...cidrWarnings(index('spec.podCIDRs', i), block))
    })
    return warnings
  },
}

interface NodeSpec {
  readonly podCIDRs?: readonly string[]
  readonly providerID?: string
  readonly taints?: readonly Taint[]
  readonly configSource?: ConfigSource
  readonly externalID?: string
}

interface ConfigSource {
  readonly configMap?: Readonly<Record<'namespace' | 'name' | 'uid' | 'resourceVersion' | 'kubeletConfigKey', string>>
}

/** The first of podCIDRs is podCIDR, which wins where they differ: old clients know no other. */
function syncPodCidrs(spec: { podCIDR?: string; podCIDRs?: string[] }): void {
  const first = spec.podCIDRs?.[0]
  if (spec.podCIDR && spec.podCIDR !== first) spec.podCIDRs = [spec.podCIDR]
  else if (!spec.podCIDR && first) spec.podCIDR = first
}

function dropDisabled(object: KubeObject, old: KubeObject | undefined, enabled: (gate: string) => boolean): void {
  const status = object.status
  if (!status) return
  if (!enabled('SupplementalGroupsPolicy') && old?.status?.features == null) delete status.features
  if (!enabled('NodeDeclaredFeatures') && old?.status?.declaredFeatures == null) delete status.declaredFeatures
}

/** Source: pkg/apis/core/validation, ValidateNode. */
function validateNode(object: KubeObject, errors: FieldErrors, strict: boolean): void {
  const { podCIDRs = [], taints = [] }: NodeSpec = object.spec ?? {}
  validateNodeAnnotations(object.metadata.annotations ?? {}, errors)
  validateTaints(taints, 'metadata.taints', errors)
  validateResources(object, errors)
  const swap = object.status?.nodeInfo?.swap?.capacity
  positive(errors, 'metadata.nodeSwapStatus.capacity', swap)
  validateFeatures(object, errors)

  const at = 'spec.podCIDRs'
  podCIDRs.forEach((block, i) => {
    legacyCidr(errors, index(at, i), block, { strict })
  })
  if (podCIDRs.length <= 1) return
  const families = podCIDRs.map((block) => parseCidr(block)?.network.family)
  const broken = podCIDRs.find((_, i) => families[i] === undefined)
  if (broken !== undefined) {
    const why = `invalid CIDR[${podCIDRs.indexOf(broken)}]: <nil> (invalid CIDR address: ${broken})`
    errors.internal(at, `invalid PodCIDRs. failed to check with dual stack with error:${why}`)
  }
  if (broken !== undefined || podCIDRs.length > 2 || families[0] === families[1]) {
    errors.invalid(at, podCIDRs, 'may specify no more than one CIDR for each IP family')
  }
}

/** Source: pkg/apis/core/validation, ValidateNodeUpdate. */
function validateChange(object: KubeObject, old: KubeObject, errors: FieldErrors): void {
  const spec: NodeSpec = object.spec ?? {}
  const before: NodeSpec = old.spec ?? {}
  validateNodeAnnotations(object.metadata.annotations ?? {}, errors)
  validateResources(object, errors)
  validateFeatures(object, errors)
  validateAddresses(object, errors)
  const blocks = spec.podCIDRs ?? []
  const had = before.podCIDRs ?? []
  const changed =
    had.length > 0 && had.length !== blocks.length ? 1 : had.filter((block, i) => block !== blocks[i]).length
  for (let i = 0; i < changed; i++) {
    errors.forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid')
  }
  if (before.providerID && before.providerID !== spec.providerID) {
    errors.forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid')
  }
  if (spec.configSource != null) validateConfigSource(spec.configSource, 'spec.configSource', false, errors)
  const config: Record<string, ConfigSource | undefined> = object.status?.config ?? {}
  for (const field of ['assigned', 'active', 'lastKnownGood']) {
    const source = config[field]
    if (source != null) validateConfigSource(source, `status.config.${field}`, true, errors)
  }
  validateTaints(spec.taints ?? [], 'metadata.taints', errors)
  if ((spec.externalID ?? '') !== (before.externalID ?? '')) errors.forbidden('spec.externalID', 'may not be updated')
}

function validateResources({ status }: KubeObject, errors: FieldErrors): void {
  for (const list of ['capacity', 'allocatable'] as const) {
    const amounts: Readonly<Record<string, string>> = status?.[list] ?? {}
    for (const name of Object.keys(amounts))
      validateResourceAmount(name, amounts[name]!, name === '' ? `status.${list}[]` : `status.${list}.${name}`, errors)
  }
}

const maxFeatureName = 253
const featureName = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/

function validateFeatures({ status }: KubeObject, errors: FieldErrors): void {
  const features: readonly string[] = status?.declaredFeatures ?? []
  const at = 'status.declaredFeatures'
  features.forEach((name, i) => {
    const prefix = `invalid feature name ${JSON.stringify(name)}: must`
    if (Buffer.byteLength(name) > maxFeatureName) {
      errors.invalid(index(at, i), name, `${prefix} be no more than ${maxFeatureName} characters`)
    } else if (!featureName.test(name)) {
      const form =
        "start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes"
      errors.invalid(index(at, i), name, `${prefix} ${form}`)
    }
    const next = features[i + 1]
    if (next === name) errors.duplicate(index(at, i + 1), next)
    else if (next !== undefined && name > next)
      errors.invalid(index(at, i + 1), next, 'list must be sorted alphabetically')
  })
}

function validateAddresses({ status }: KubeObject, errors: FieldErrors): void {
  const addresses: readonly { type?: string; address?: string }[] = status?.addresses ?? []
  const seen = new Set<string>()
  addresses.forEach(({ type = '', address = '' }, i) => {
    const own = `${type}\n${address}`
    if (seen.has(own)) errors.duplicate(index('status.addresses', i), { Type: type, Address: address })
    seen.add(own)
  })
}

/** In the status the object meant is known, in the spec it is only named. */
function validateConfigSource(source: ConfigSource, path: string, resolved: boolean, errors: FieldErrors): void {
  const map = source.configMap
  if (map == null) {
    errors.invalid(path, { ConfigMap: null }, 'exactly one reference subfield must be non-nil')
    return
  }
  const at = `${path}.configMap`
  for (const field of ['uid', 'resourceVersion'] as const) {
    if (resolved) required(errors, `${at}.${field}`, map[field])
    else if (map[field]) errors.forbidden(`${at}.${field}`, `${field} must not be set in spec`)
  }
  if (required(errors, `${at}.namespace`, map.namespace)) dns1123Label(errors, `${at}.namespace`, map.namespace)
  if (required(errors, `${at}.name`, map.name)) dns1123Subdomain(errors, `${at}.name`, map.name)
  if (required(errors, `${at}.kubeletConfigKey`, map.kubeletConfigKey)) {
    configMapKey(errors, `${at}.kubeletConfigKey`, map.kubeletConfigKey)
  }
}
