import {
  child,
  equalJson,
  type FieldErrors,
  index,
  isLongName,
  isPathSegmentName,
  isShortName,
} from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { dropDisabledParts, each, named, type PodGroupParts, unique, validateParts } from './pod-group-parts.js'

interface PodGroupTemplate extends PodGroupParts {
  name?: string
}

interface WorkloadSpec {
  controllerRef?: { apiGroup?: string; kind?: string; name?: string }
  podGroupTemplates?: PodGroupTemplate[] | null
}

const maxTemplates = 8

/** A workload says which groups of pods it will have. Nothing of it changes. */
export const workloads: ResourceRules = {
  prepareForCreate({ spec }, context) {
    for (const template of (spec as WorkloadSpec)?.podGroupTemplates ?? []) dropDisabledParts(template, [], context)
  },
  prepareForUpdate({ spec }, old, context) {
    const before = (old.spec as WorkloadSpec)?.podGroupTemplates ?? []
    for (const template of (spec as WorkloadSpec)?.podGroupTemplates ?? []) dropDisabledParts(template, before, context)
  },
  validate({ spec }, errors) {
    const { controllerRef, podGroupTemplates }: WorkloadSpec = spec ?? {}
    if (controllerRef !== undefined) validateController(controllerRef, errors)
    validateTemplates(podGroupTemplates ?? [], errors)
  },
  validateUpdate({ spec }, old, errors) {
    const { controllerRef, podGroupTemplates }: WorkloadSpec = spec ?? {}
    const before: WorkloadSpec = old.spec ?? {}
    if (!equalJson(controllerRef, before.controllerRef))
      errors.invalid('spec.controllerRef', null, 'field is immutable')
    const templates = podGroupTemplates ?? []
    if (equalJson(templates, before.podGroupTemplates ?? [])) return
    errors.invalid('spec.podGroupTemplates', null, 'field is immutable')
    countTemplates(templates, errors)
  },
}

function validateController(ref: NonNullable<WorkloadSpec['controllerRef']>, errors: FieldErrors): void {
  const { apiGroup = '', kind = '', name = '' } = ref
  if (apiGroup !== '') each(errors, 'spec.controllerRef.apiGroup', apiGroup, isLongName)
  named(errors, 'spec.controllerRef.kind', kind, isPathSegmentName)
  named(errors, 'spec.controllerRef.name', name, isPathSegmentName)
}

function countTemplates(templates: readonly PodGroupTemplate[], errors: FieldErrors): boolean {
  const path = 'spec.podGroupTemplates'
  if (templates.length > maxTemplates) errors.tooMany(path, templates.length, maxTemplates)
  else if (templates.length === 0) errors.required(path)
  else return true
  return false
}

function validateTemplates(templates: readonly PodGroupTemplate[], errors: FieldErrors): void {
  if (!countTemplates(templates, errors)) return
  unique(errors, 'spec.podGroupTemplates', templates)
  for (const [i, template] of templates.entries()) {
    const at = index('spec.podGroupTemplates', i)
    named(errors, child(at, 'name'), template.name ?? '', isShortName)
    validateParts(template, at, errors)
  }
}
