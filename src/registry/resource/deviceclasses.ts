import {
  equalJson,
  type FieldErrors,
  isExtendedResource,
  type KubeObject,
  validateObjectMeta,
} from '../../api/index.js'
import type { ResourceRules, RuleContext } from '../rules.js'
import { maxConfig, validateConfiguration, validateSelectors } from './claim-spec.js'
import type { DeviceConfiguration, DeviceSelector } from './types.js'
import { list } from './words.js'

export const deviceclasses: ResourceRules = {
  generation: true,
  returnDeletedObject: true,
  prepareForCreate: (deviceClass, context) => dropDisabled(deviceClass, undefined, context),
  validate: ({ spec }, errors) => validateSpec(spec ?? {}, undefined, errors),
  prepareForUpdate: dropDisabled,
  validateUpdate({ metadata, spec }, old, errors) {
    validateObjectMeta(metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateSpec(spec ?? {}, old.spec ?? {}, errors)
  },
}

interface DeviceClassSpec {
  selectors?: DeviceSelector[]
  config?: DeviceConfiguration[]
  extendedResourceName?: string
}

function dropDisabled({ spec }: KubeObject, old: KubeObject | undefined, { enabled }: RuleContext): void {
  if (spec && !enabled('DRAExtendedResource') && old?.spec?.extendedResourceName === undefined)
    delete spec.extendedResourceName
}

function validateSpec(spec: DeviceClassSpec, old: DeviceClassSpec | undefined, errors: FieldErrors): void {
  const { extendedResourceName: name } = spec
  const stored = old !== undefined && equalJson(spec.config ?? [], old.config ?? [])
  validateSelectors(spec.selectors, 'spec.selectors', errors)
  list(errors, 'spec.config', spec.config, { max: maxConfig }, (config, at) => {
    validateConfiguration(config, at, errors, stored)
  })
  if (name !== undefined && !isExtendedResource(name))
    errors.invalid('spec.extendedResourceName', name, 'must be a valid extended resource name')
}
