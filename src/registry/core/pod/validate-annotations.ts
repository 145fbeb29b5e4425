import { child, type FieldErrors, key, type ObjectMeta, type Toleration, tolerations } from '../../../api/index.js'
import {
  type Annotations,
  annotation,
  appArmorContainer,
  deletionCost,
  mirrorPod,
  seccompContainer,
  seccompPod,
  tolerationsAnnotation,
} from './annotations.js'
import { forEachContainer, someContainer } from './containers.js'
import type { PodValidationOptions } from './options.js'
import { validateLocalDescendingPath } from './paths.js'
import type { AppArmorProfile, PodSpec, SeccompProfile } from './types.js'

/** `path` is that of the annotations. Source: ValidatePodSpecificAnnotations. */
export function validatePodAnnotations(
  annotations: Annotations | undefined,
  spec: PodSpec,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  if (!annotations) return
  const mirror = annotation(annotations, mirrorPod)
  if (mirror !== undefined && !spec.nodeName) {
    errors.invalid(key(path, mirrorPod), mirror, 'must set spec.nodeName if mirror pod annotation is set')
  }
  const tolerating = annotation(annotations, tolerationsAnnotation)
  if (tolerating) validateTolerationsText(tolerating, path, errors, options)
  const cost = annotation(annotations, deletionCost)
  if (cost !== undefined && !options.invalidDeletionCost && !isDeletionCost(cost)) {
    errors.invalid(key(path, deletionCost), cost, 'must be a 32bit integer')
  }
  const seccomp = annotation(annotations, seccompPod)
  if (seccomp !== undefined) validateSeccompName(seccomp, child(path, seccompPod), errors)
  for (const [name, profile] of Object.entries(annotations)) {
    if (name.startsWith(seccompContainer)) validateSeccompName(profile, child(path, name), errors)
  }
  for (const [name, profile] of Object.entries(annotations)) {
    if (!name.startsWith(appArmorContainer)) continue
    const container = name.slice(appArmorContainer.length)
    if (!someContainer(spec, (one) => (one.name ?? '') === container)) {
      errors.invalid(key(path, name), container, 'container not found')
    }
    if (!isAppArmorName(profile)) {
      errors.invalid(key(path, name), profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`)
    }
  }
}

/** Source: ValidatePodSpecificAnnotationUpdates. */
export function validatePodAnnotationUpdates(
  meta: ObjectMeta,
  old: ObjectMeta,
  spec: PodSpec,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  for (const [name, value] of Object.entries(old.annotations ?? {})) {
    if (annotation(meta.annotations, name) === value) continue
    if (name.startsWith(appArmorContainer)) {
      errors.forbidden(key(path, name), 'may not remove or update AppArmor annotations')
    }
    if (name === mirrorPod) errors.forbidden(key(path, name), 'may not remove or update mirror pod annotation')
  }
  for (const name of Object.keys(meta.annotations ?? {})) {
    if (annotation(old.annotations, name) !== undefined) continue
    if (name.startsWith(appArmorContainer)) errors.forbidden(key(path, name), 'may not add AppArmor annotations')
    if (name === mirrorPod) errors.forbidden(key(path, name), 'may not add mirror pod annotation')
  }
  validatePodAnnotations(meta.annotations, spec, path, errors, options)
}

/** Profiles told twice, in annotations and in fields, have to agree; `path` is that of the spec. */
export function validateProfileAnnotations(
  annotations: Annotations | undefined,
  spec: PodSpec,
  path: string,
  errors: FieldErrors,
): void {
  if (!annotations || Object.keys(annotations).length === 0) return
  const { securityContext, os } = spec
  matchSeccomp(annotation(annotations, seccompPod), securityContext?.seccompProfile, child(path, profilePath), errors)
  forEachContainer(spec, path, (container, at) => {
    const text = annotation(annotations, seccompContainer + (container.name ?? ''))
    matchSeccomp(text, container.securityContext?.seccompProfile, child(at, profilePath), errors)
  })
  if (os?.name === 'windows') return
  forEachContainer(spec, path, (container, at) => {
    const profile = container.securityContext?.appArmorProfile ?? securityContext?.appArmorProfile
    const text = annotation(annotations, appArmorContainer + (container.name ?? ''))
    matchProfile(text, profile, 'apparmor', ['runtime/default'], child(at, 'securityContext.appArmorProfile'), errors)
  })
}

/** Whether an annotation tells a pod deletion cost: a 32-bit integer as Go prints it. */
export const isDeletionCost = (text: string): boolean =>
  /^(?:-[0-9]+|0|[1-9][0-9]*)$/.test(text) && Number(text) >= -(2 ** 31) && Number(text) < 2 ** 31

const profilePath = 'securityContext.seccompProfile'

function matchSeccomp(
  text: string | undefined,
  profile: SeccompProfile | undefined,
  path: string,
  errors: FieldErrors,
): void {
  matchProfile(text, profile, 'seccomp', ['runtime/default', 'docker/default'], path, errors)
}

function matchProfile(
  text: string | undefined,
  profile: SeccompProfile | AppArmorProfile | undefined,
  what: string,
  defaults: readonly string[],
  path: string,
  errors: FieldErrors,
): void {
  if (text === undefined || !profile) return
  const { type, localhostProfile } = profile
  const sameType =
    type === 'Unconfined'
      ? text === 'unconfined'
      : type === 'RuntimeDefault'
        ? defaults.includes(text)
        : type !== 'Localhost' || text.startsWith('localhost/')
  if (!sameType) errors.forbidden(child(path, 'type'), `${what} type in annotation and field must match`)
  else if (type === 'Localhost' && text.slice('localhost/'.length) !== localhostProfile) {
    errors.forbidden(child(path, 'localhostProfile'), `${what} profile in annotation and field must match`)
  }
}

function validateSeccompName(profile: string, path: string, errors: FieldErrors): void {
  if (profile === 'runtime/default' || profile === 'docker/default' || profile === 'unconfined') return
  if (profile.startsWith('localhost/')) validateLocalDescendingPath(profile.slice('localhost/'.length), path, errors)
  else errors.invalid(path, profile, 'must be a valid seccomp profile')
}

const isAppArmorName = (profile: string): boolean =>
  profile === '' || profile === 'runtime/default' || profile === 'unconfined' || profile.startsWith('localhost/')

/** Tolerations as JSON, of the time before they were a field. */
function validateTolerationsText(text: string, path: string, errors: FieldErrors, options: PodValidationOptions): void {
  const parsed = parseTolerations(text)
  if (typeof parsed === 'string') errors.invalid(path, tolerationsAnnotation, parsed)
  else tolerations(errors, child(path, tolerationsAnnotation), parsed, { comparisons: options.tolerationComparison })
}

const tolerationFields: ReadonlyMap<string, string> = new Map(
  ['key', 'operator', 'value', 'effect', 'tolerationSeconds'].map((name) => [name.toLowerCase(), name]),
)

/** The list, or what is wrong with the text. Names of fields are told apart without regard to case, as Go does it. */
function parseTolerations(text: string): Toleration[] | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return `invalid character ${JSON.stringify(text.trim().slice(0, 1)).replaceAll('"', "'")} looking for beginning of value`
  }
  if (value === null) return []
  if (!Array.isArray(value)) return `json: cannot unmarshal ${goKind(value)} into Go value of type []core.Toleration`
  const list: Toleration[] = []
  for (const item of value) {
    if (item !== null && goKind(item) !== 'object') {
      return `json: cannot unmarshal ${goKind(item)} into Go value of type core.Toleration`
    }
    const fields: Record<string, unknown> = {}
    for (const [name, member] of Object.entries(item ?? {})) {
      const field = tolerationFields.get(name.toLowerCase())
      if (field === undefined || member === null) continue
      const wanted = field === 'tolerationSeconds' ? 'number' : 'string'
      if (goKind(member) !== wanted) {
        const go = `${field[0]!.toUpperCase()}${field.slice(1)}`
        const type =
          wanted === 'number' ? 'int64' : field === 'key' || field === 'value' ? 'string' : `core.${goTypes.get(field)}`
        return `json: cannot unmarshal ${goKind(member)} into Go struct field Toleration.${go} of type ${type}`
      }
      fields[field] = member
    }
    list.push(fields)
  }
  return list
}

const goTypes: ReadonlyMap<string, string> = new Map([
  ['operator', 'TolerationOperator'],
  ['effect', 'TaintEffect'],
])

const goKind = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
