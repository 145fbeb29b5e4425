import type { KubeObject } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { defaultPodTemplate } from './pod/defaults.js'
import { dropDisabledTemplateFields } from './pod/disabled-fields.js'
import { podTemplateOptions } from './pod/ratcheting.js'
import { semanticEqual } from './pod/semantic-equal.js'
import { validatePodTemplateSpec } from './pod/validate-template.js'
import { podTemplateWarnings } from './pod/warnings.js'

/** Source: pkg/registry/core/podtemplate/strategy.go. */
export const podtemplates: ResourceRules = {
  returnDeletedObject: true,
  defaults: {
    v1(object) {
      object.template ??= {}
      defaultPodTemplate(object.template)
    },
  },
  prepareForCreate(object, context) {
    object.metadata.generation = 1
    dropDisabledTemplateFields(object.template, undefined, context)
  },
  prepareForUpdate(object, old, context) {
    dropDisabledTemplateFields(object.template, old.template, context)
    if (!sameTemplate(object, old)) object.metadata.generation = (old.metadata.generation ?? 0) + 1
  },
  validate(object, errors, context) {
    const options = podTemplateOptions(object.template, undefined, context)
    validatePodTemplateSpec(object.template ?? {}, 'template', errors, options)
  },
  validateUpdate(object, old, errors, context) {
    const options = podTemplateOptions(object.template, old.template, context)
    validatePodTemplateSpec(object.template ?? {}, 'template', errors, options)
  },
  warnings(object, old) {
    if (old !== undefined && object.metadata.generation === old.metadata.generation) return []
    return podTemplateWarnings('template', object.template)
  },
}

const sameTemplate = (a: KubeObject, b: KubeObject): boolean =>
  semanticEqual(a.template ?? {}, b.template ?? {}, 'PodTemplateSpec')
