import { conditions, type FieldErrors, type KubeObject, rfc3339 } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'
import { defaultTaint } from './defaults.js'
import { validateTaint } from './taints.js'
import type { DeviceTaint } from './types.js'
import { deviceName, driverName, poolName } from './words.js'

const maxConditions = 8

const setDefaults = (rule: KubeObject): void => {
  rule.spec ??= {}
  rule.spec.taint ??= {}
  defaultTaint(rule.spec.taint)
}

export const devicetaintrules: ResourceRules = {
  generation: true,
  returnDeletedObject: true,
  resetFields: { status: ['metadata', 'spec'] },
  defaults: { v1beta2: setDefaults, v1alpha3: setDefaults },
  validate: ({ spec }, errors) => validateSpec(spec ?? {}, undefined, errors),
  prepareForUpdate({ spec }, old, { now }) {
    const taint: DeviceTaint | undefined = spec?.taint
    const before: DeviceTaint | undefined = old.spec?.taint
    if (taint && taint.effect !== before?.effect && taint.timeAdded === before?.timeAdded)
      taint.timeAdded = rfc3339(now())
  },
  validateUpdate: ({ spec }, old, errors) => validateSpec(spec ?? {}, old.spec ?? {}, errors),
  prepareForStatusUpdate({ metadata }, old) {
    keepMetadata(metadata, old.metadata)
  },
  validateStatusUpdate({ status }, _, errors) {
    conditions(errors, 'status.conditions', status?.conditions)
    const count: number = status?.conditions?.length ?? 0
    if (count > maxConditions) errors.tooMany('status.conditions', count, maxConditions)
  },
}

interface DeviceTaintRuleSpec {
  deviceSelector?: { driver?: string; pool?: string; device?: string }
  taint?: DeviceTaint
}

function validateSpec(spec: DeviceTaintRuleSpec, old: DeviceTaintRuleSpec | undefined, errors: FieldErrors): void {
  const { driver, pool, device } = spec.deviceSelector ?? {}
  if (driver !== undefined) driverName(errors, 'spec.deviceSelector.driver', driver)
  if (pool !== undefined) poolName(errors, 'spec.deviceSelector.pool', pool)
  if (device !== undefined) deviceName(errors, 'spec.deviceSelector.device', device)
  validateTaint(spec.taint ?? {}, old === undefined ? undefined : (old.taint ?? {}), 'spec.taint', errors)
}
