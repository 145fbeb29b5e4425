import { FieldErrors, type KubeObject, key } from '../../../api/index.js'
import { annotation, appArmorContainer } from './annotations.js'
import { forEachContainer } from './containers.js'
import { semanticEqual } from './semantic-equal.js'
import type { AppArmorProfile, PodSpec } from './types.js'
import { validateAppArmor } from './validate-security.js'

/** The profile that an annotation means; undefined if it means none. */
export function appArmorOfAnnotation(text: string): AppArmorProfile | undefined {
  if (text === 'unconfined') return { type: 'Unconfined' }
  if (text === 'runtime/default') return { type: 'RuntimeDefault' }
  const name = text.startsWith('localhost/') ? text.slice('localhost/'.length) : ''
  return name === '' ? undefined : { type: 'Localhost', localhostProfile: name }
}

/**
 * Turns the annotations of a new pod into fields, in place. Gives back the paths of those that are told to be deprecated.
 * Source: applyAppArmorVersionSkew.
 */
export function applyAppArmorAnnotations(pod: KubeObject): string[] {
  const spec: PodSpec = pod.spec ?? {}
  const { annotations } = pod.metadata
  const deprecated: string[] = []
  if (!annotations || spec.os?.name === 'windows') return deprecated
  const podProfile = spec.securityContext?.appArmorProfile
  forEachContainer(spec, 'spec', (container) => {
    const name = appArmorContainer + (container.name ?? '')
    const text = annotation(annotations, name)
    if (text === undefined || container.securityContext?.appArmorProfile) return
    const profile = appArmorOfAnnotation(text)
    const valid = profile !== undefined && isValid(profile)
    if (valid && podProfile && semanticEqual(profile, podProfile, 'AppArmorProfile')) return
    if (valid) container.securityContext = { ...container.securityContext, appArmorProfile: profile }
    deprecated.push(key('metadata.annotations', name))
  })
  return deprecated
}

function isValid(profile: AppArmorProfile): boolean {
  const errors = new FieldErrors()
  validateAppArmor(profile, '', errors)
  return errors.empty
}
