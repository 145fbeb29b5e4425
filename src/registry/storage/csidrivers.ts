import { child, each, equalJson, type FieldErrors, immutable, oneOf } from '../../api/index.js'
import type { ResourceRules, RuleContext } from '../rules.js'

const limitScaling = 'VolumeLimitScaling'
const tokensInSecrets =
  'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes'

/** Its generation starts with the first change: a new one has none. */
export const csidrivers: ResourceRules = {
  allowUnconditionalUpdate: false,
  returnDeletedObject: true,
  defaults: {
    v1(driver, enabled) {
      driver.spec ??= {}
      const spec: CSIDriverSpec = driver.spec
      spec.attachRequired ??= true
      spec.podInfoOnMount ??= false
      spec.storageCapacity ??= false
      spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType'
      if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent']
      spec.requiresRepublish ??= false
      spec.seLinuxMount ??= false
      if (enabled?.(limitScaling)) spec.preventPodSchedulingIfMissing ??= false
    },
  },
  prepareForCreate({ spec }, { enabled }) {
    dropDisabled(spec, {}, enabled)
    if (!enabled(limitScaling)) delete spec.preventPodSchedulingIfMissing
  },
  validate: ({ spec }, errors, context) => validateSpec(spec ?? {}, errors, context),
  prepareForUpdate(driver, old, { enabled }) {
    const { spec } = driver
    dropDisabled(spec, old.spec ?? {}, enabled)
    if (!enabled(limitScaling) && old.spec?.preventPodSchedulingIfMissing === undefined)
      delete spec.preventPodSchedulingIfMissing
    if (!equalJson(spec, old.spec)) driver.metadata.generation = (old.metadata.generation ?? 0) + 1
  },
  validateUpdate({ spec = {} }, { spec: old = {} }, errors, context) {
    validateSpec(spec, errors, context)
    immutable(errors, 'spec.attachedRequired', spec.attachRequired, old.attachRequired)
    immutable(errors, 'spec.volumeLifecycleModes', spec.volumeLifecycleModes, old.volumeLifecycleModes)
  },
  warnings({ spec = {} }, old, { enabled }) {
    if (!enabled('CSIServiceAccountTokenSecrets')) return []
    const { tokenRequests = [], serviceAccountTokenInSecrets }: CSIDriverSpec = spec
    if (tokenRequests.length === 0 || serviceAccountTokenInSecrets !== undefined) return []
    return old !== undefined && equalJson(tokenRequests, old.spec?.tokenRequests) ? [] : [tokensInSecrets]
  },
}

interface CSIDriverSpec {
  attachRequired?: boolean
  podInfoOnMount?: boolean
  storageCapacity?: boolean
  fsGroupPolicy?: string
  tokenRequests?: { audience?: string; expirationSeconds?: number | bigint }[]
  volumeLifecycleModes?: string[]
  requiresRepublish?: boolean
  seLinuxMount?: boolean
  nodeAllocatableUpdatePeriodSeconds?: number
  serviceAccountTokenInSecrets?: boolean
  preventPodSchedulingIfMissing?: boolean
}

function dropDisabled(spec: CSIDriverSpec, old: CSIDriverSpec, enabled: (gate: string) => boolean): void {
  if (!enabled('SELinuxMountReadWriteOncePod') && old.seLinuxMount === undefined) delete spec.seLinuxMount
  if (!enabled('MutableCSINodeAllocatableCount') && old.nodeAllocatableUpdatePeriodSeconds === undefined)
    delete spec.nodeAllocatableUpdatePeriodSeconds
  if (!enabled('CSIServiceAccountTokenSecrets') && old.serviceAccountTokenInSecrets === undefined)
    delete spec.serviceAccountTokenInSecrets
}

/** Source: kubernetes pkg/apis/storage/validation, validateCSIDriverSpec. Defaults have filled in what is required. */
function validateSpec(spec: CSIDriverSpec, errors: FieldErrors, { enabled }: RuleContext): void {
  const period = spec.nodeAllocatableUpdatePeriodSeconds
  const { tokenRequests = [], serviceAccountTokenInSecrets } = spec
  if (spec.attachRequired === undefined) errors.required('spec.attachedRequired')
  if (spec.podInfoOnMount === undefined) errors.required('spec.podInfoOnMount')
  if (spec.storageCapacity === undefined) errors.required('spec.storageCapacity')
  if (spec.fsGroupPolicy !== undefined)
    oneOf(errors, 'spec.fsGroupPolicy', spec.fsGroupPolicy, ['ReadWriteOnceWithFSType', 'File', 'None'])
  validateTokenRequests(tokenRequests, errors)
  for (const mode of spec.volumeLifecycleModes ?? [])
    oneOf(errors, 'spec.volumeLifecycleModes', mode, ['Persistent', 'Ephemeral'], 'given')
  if (spec.seLinuxMount === undefined) errors.required('spec.seLinuxMount')
  if (period !== undefined && period < 10)
    errors.invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds')
  if (serviceAccountTokenInSecrets !== undefined && tokenRequests.length === 0) {
    const detail = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified'
    errors.invalid('spec.serviceAccountTokenInSecrets', serviceAccountTokenInSecrets, detail)
  }
  if (spec.preventPodSchedulingIfMissing === undefined && enabled(limitScaling))
    errors.required('spec.preventPodSchedulingIfMissing')
}

function validateTokenRequests(requests: NonNullable<CSIDriverSpec['tokenRequests']>, errors: FieldErrors): void {
  const audiences = new Set<string>()
  each('spec.tokenRequests', requests, ({ audience = '', expirationSeconds }, at) => {
    if (audiences.has(audience)) {
      errors.duplicate(child(at, 'audience'), audience)
      return
    }
    audiences.add(audience)
    if (expirationSeconds === undefined) return
    const own = child(at, 'expirationSeconds')
    if (expirationSeconds < 600)
      errors.invalid(own, expirationSeconds, 'may not specify a duration less than 10 minutes')
    if (expirationSeconds > 2 ** 32)
      errors.invalid(own, expirationSeconds, 'may not specify a duration larger than 2^32 seconds')
  })
}
