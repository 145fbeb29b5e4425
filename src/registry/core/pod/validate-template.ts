import {
  asSent,
  child,
  type FieldErrors,
  type ObjectMeta,
  sortedMap,
  validateAnnotations,
  validateLabels,
} from '../../../api/index.js'
import type { PodValidationOptions } from './options.js'
import type { PodSpec, PodTemplateSpec } from './types.js'
import { validatePodAnnotations, validateProfileAnnotations } from './validate-annotations.js'
import { validatePodSpec } from './validate-spec.js'

/** Labels, annotations and spec of a template. Upstream: ValidatePodTemplateSpec. */
export function validatePodTemplateSpec(
  template: PodTemplateSpec,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const { labels, annotations }: ObjectMeta = template.metadata ?? {}
  const spec: PodSpec = template.spec ?? {}
  validateLabels(labels, child(path, 'labels'), errors)
  validateAnnotations(annotations, child(path, 'annotations'), errors)
  validatePodAnnotations(annotations, spec, child(path, 'annotations'), errors, options)
  validatePodSpec(spec, undefined, child(path, 'spec'), errors, options)
  validateProfileAnnotations(annotations, spec, child(path, 'spec'), errors)
  if (spec.ephemeralContainers?.length) {
    errors.forbidden(child(path, 'spec.ephemeralContainers'), 'ephemeral containers not allowed in pod template')
  }
}

/**
 * A template of a kind that keeps pods running and finds them by a selector, given as a test of labels (undefined: an empty
 * selector, or one that could not be read). `owner` is the kind as messages name it. Upstream: ValidatePodTemplateSpecForRC,
 * ValidatePodTemplateSpecForReplicaSet and their likes.
 */
export function validatePodTemplateForSelector(
  template: PodTemplateSpec | undefined,
  selects: ((labels: Readonly<Record<string, string>>) => boolean) | undefined,
  owner: string,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  if (!template) {
    errors.required(path)
    return
  }
  const labels = asSent(template.metadata, 'labels')
  if (selects !== undefined && !selects(labels ?? {})) {
    const told = labels === undefined ? undefined : sortedMap(labels)
    errors.invalid(child(path, 'metadata.labels'), told, '`selector` does not match template `labels`')
  }
  validatePodTemplateSpec(template, path, errors, options)
  const { restartPolicy = '', activeDeadlineSeconds } = template.spec ?? {}
  if (restartPolicy !== 'Always') errors.notSupported(child(path, 'spec.restartPolicy'), restartPolicy, ['Always'])
  if (activeDeadlineSeconds !== undefined) {
    errors.forbidden(child(path, 'spec.activeDeadlineSeconds'), `activeDeadlineSeconds in ${owner} is not Supported`)
  }
}
