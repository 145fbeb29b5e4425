import { asSent, child, type FieldErrors } from '../../../api/index.js'
import { forEachContainer } from './containers.js'
import type { PodSecurityContext, PodSpec, SecurityContext } from './types.js'

/** What a pod for one operating system may not ask for. Source: validateOS, validateLinux, validateWindows. */
export function validateOs(spec: PodSpec, path: string, errors: FieldErrors): void {
  if (!spec.os) return
  const { name = '' } = spec.os
  if (name === '') errors.required(child(path, 'os.name'))
  else if (name === 'linux') validateLinux(spec, path, errors)
  else if (name === 'windows') validateWindows(spec, path, errors)
  else errors.notSupported(child(path, 'os'), name, ['linux', 'windows'])
}

function validateLinux(spec: PodSpec, path: string, errors: FieldErrors): void {
  const detail = 'windows options cannot be set for a linux pod'
  if (spec.securityContext?.windowsOptions) errors.forbidden(child(path, 'securityContext.windowsOptions'), detail)
  forEachContainer(spec, path, ({ securityContext }, at) => {
    if (securityContext?.windowsOptions) errors.forbidden(child(at, 'securityContext.windowsOptions'), detail)
  })
}

function validateWindows(spec: PodSpec, path: string, errors: FieldErrors): void {
  const context = spec.securityContext ?? {}
  const forbid = (at: string): void => errors.forbidden(at, 'cannot be set for a windows pod')
  const own = (fields: readonly (keyof PodSecurityContext)[]): void => {
    for (const field of fields) if (isSet(asSent(context, field))) forbid(child(path, `securityContext.${field}`))
  }
  own(['appArmorProfile', 'seLinuxOptions'])
  if (spec.hostUsers !== undefined) forbid(child(path, 'hostUsers'))
  if (spec.hostPID) forbid(child(path, 'hostPID'))
  if (spec.hostIPC) forbid(child(path, 'hostIPC'))
  own(['seccompProfile', 'fsGroup', 'fsGroupChangePolicy'])
  if (context.sysctls?.length) forbid(child(path, 'securityContext.sysctls'))
  if (spec.shareProcessNamespace !== undefined) forbid(child(path, 'shareProcessNamespace'))
  own(['runAsUser', 'runAsGroup', 'supplementalGroups', 'supplementalGroupsPolicy', 'seLinuxChangePolicy'])
  forEachContainer(spec, path, ({ securityContext }, at) => {
    for (const field of containerFields) {
      if (isSet(securityContext?.[field])) forbid(child(at, `securityContext.${field}`))
    }
  })
}

const containerFields: readonly (keyof SecurityContext)[] = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
]

const isSet = (value: unknown): boolean => value !== undefined && value !== null
