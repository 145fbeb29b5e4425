import { equalJson, type KubeObject } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { defaultDevice } from './defaults.js'
import { dropDisabledSliceFields } from './disabled-fields.js'
import { validateSliceSpec } from './slice-spec.js'
import type { Device, ResourceSliceSpec } from './types.js'

const setDefaults = (slice: KubeObject): void => {
  const spec: ResourceSliceSpec = slice.spec ?? {}
  for (const device of spec.devices ?? []) defaultDevice(device)
}

export const resourceslices: ResourceRules = {
  generation: true,
  returnDeletedObject: true,
  fields: {
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
    'spec.driver': ({ spec }) => spec?.driver ?? '',
  },
  refuseField: (field, version) => `field label not supported for ${version}, Kind=ResourceSlice: ${field}`,
  defaults: {
    v1: setDefaults,
    v1beta2: setDefaults,
    v1beta1(slice) {
      const devices: { basic?: Device }[] = slice.spec?.devices ?? []
      for (const { basic } of devices) if (basic) defaultDevice(basic)
    },
  },
  prepareForCreate: ({ spec }, context) => dropDisabledSliceFields(spec, undefined, context),
  validate: ({ spec }, errors) => validateSliceSpec(spec ?? {}, undefined, errors),
  prepareForUpdate(slice, old, context) {
    // Fields that are dropped for their feature count as a change.
    if (!equalJson(slice.spec ?? {}, old.spec ?? {})) slice.metadata.generation = (old.metadata.generation ?? 0) + 1
    dropDisabledSliceFields(slice.spec, old.spec, context)
  },
  validateUpdate: ({ spec }, old, errors) => validateSliceSpec(spec ?? {}, old.spec ?? {}, errors),
  warnings(slice) {
    const driver: string = slice.spec?.driver ?? ''
    if (driver === driver.toLowerCase()) return []
    return [`spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`]
  },
}
