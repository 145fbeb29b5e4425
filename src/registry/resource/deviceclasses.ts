import {
  equalJson,
  type FieldErrors,
  isExtendedResource,
  isLongName,
  type KubeObject,
  type ObjectMeta,
  validateObjectMeta,
} from '../../api/index.js'
import { validateKubeFinalizers } from '../kube-finalizers.js'
import type { ResourceRules, RuleContext } from '../rules.js'
import { maxConfig, validateConfiguration, validateSelectors } from './claim-spec.js'
import { loadSelectors, selectorOptions } from './load-selectors.js'
import type { DeviceConfiguration, DeviceSelector } from './types.js'
import { list } from './words.js'

export const deviceclasses: ResourceRules = {
  generation: true,
  ownMetadata: true,
  returnDeletedObject: true,
  ready: ({ spec }) => loadSelectors(spec?.selectors ?? []),
  prepareForCreate: (deviceClass, context) => dropDisabled(deviceClass, undefined, context),
  validate({ metadata, spec }, errors, context) {
    validateMetadata(metadata, errors)
    validateKubeFinalizers(metadata, errors)
    validateSpec(spec ?? {}, undefined, context, errors)
  },
  prepareForUpdate: dropDisabled,
  validateUpdate({ metadata, spec }, old, errors, context) {
    validateMetadata(metadata, errors)
    validateSpec(spec ?? {}, old.spec ?? {}, context, errors)
  },
}

/** What a generateName is, shows in the name that was made of it. */
function validateMetadata(metadata: ObjectMeta, errors: FieldErrors): void {
  const named = { ...metadata, generateName: '' }
  validateObjectMeta(named, { namespaced: false, name: isLongName }, 'metadata', errors)
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

function validateSpec(
  spec: DeviceClassSpec,
  old: DeviceClassSpec | undefined,
  context: RuleContext,
  errors: FieldErrors,
): void {
  const { extendedResourceName: name } = spec
  const stored = old !== undefined && equalJson(spec.config ?? [], old.config ?? [])
  const sameSelectors = old !== undefined && equalJson(spec.selectors ?? [], old.selectors ?? [])
  validateSelectors(spec.selectors, 'spec.selectors', selectorOptions(context, sameSelectors), errors)
  list(errors, 'spec.config', spec.config, { max: maxConfig }, (config, at) => {
    validateConfiguration(config, at, errors, stored)
  })
  if (name !== undefined && !isExtendedResource(name))
    errors.invalid('spec.extendedResourceName', name, 'must be a valid extended resource name')
}
