import { byteLength, child, type FieldErrors, index, userId } from '../../../api/index.js'
import { internalForm } from '../../internal-form.js'
import type { PodValidationOptions } from './options.js'
import { validateLocalDescendingPath } from './paths.js'
import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext, Sysctl } from './types.js'
import { validateWindowsOptions } from './validate-windows.js'

/** The security context of a pod; `path` is that of the context. */
export function validatePodSecurityContext(
  spec: PodSpec,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const context = spec.securityContext ?? {}
  userId(errors, child(path, 'fsGroup'), context.fsGroup)
  userId(errors, child(path, 'runAsUser'), context.runAsUser)
  userId(errors, child(path, 'runAsGroup'), context.runAsGroup)
  context.supplementalGroups?.forEach((group, i) => {
    userId(errors, index(child(path, 'supplementalGroups'), i), group)
  })
  if (spec.shareProcessNamespace && spec.hostPID) {
    const detail = 'ShareProcessNamespace and HostPID cannot both be enabled'
    errors.invalid(child(path, 'shareProcessNamespace'), true, detail)
  }
  if (context.sysctls?.length) validateSysctls(context.sysctls, spec, child(path, 'sysctls'), errors, options)
  supported(context.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], child(path, 'fsGroupChangePolicy'), errors)
  validateSeccomp(context.seccompProfile, child(path, 'seccompProfile'), errors)
  validateWindowsOptions(context.windowsOptions, child(path, 'windowsOptions'), errors)
  validateAppArmor(context.appArmorProfile, child(path, 'appArmorProfile'), errors)
  supported(context.supplementalGroupsPolicy, ['Merge', 'Strict'], child(path, 'supplementalGroupsPolicy'), errors)
  const changes = options.onlyRecursiveSELinuxChange ? ['Recursive'] : ['MountOption', 'Recursive']
  supported(context.seLinuxChangePolicy, changes, child(path, 'seLinuxChangePolicy'), errors)
}

/** The security context of a container. */
export function validateSecurityContext(
  context: SecurityContext,
  hostUsers: boolean,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const { privileged, procMount, allowPrivilegeEscalation, capabilities } = context
  if (privileged && !options.privileged) errors.forbidden(child(path, 'privileged'), 'disallowed by cluster policy')
  userId(errors, child(path, 'runAsUser'), context.runAsUser)
  userId(errors, child(path, 'runAsGroup'), context.runAsGroup)
  if (procMount !== undefined) {
    const at = child(path, 'procMount')
    supported(procMount, ['Default', 'Unmasked'], at, errors)
    if (hostUsers && procMount === 'Unmasked') {
      errors.invalid(at, procMount, '`hostUsers` must be false to use `Unmasked`')
    }
  }
  validateSeccomp(context.seccompProfile, child(path, 'seccompProfile'), errors)
  if (allowPrivilegeEscalation === false) {
    if (privileged) {
      const detail = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'
      errors.invalid(path, internalForm(context, 'core.v1.SecurityContext'), detail)
    }
    for (const capability of capabilities?.add ?? []) {
      if (capability !== 'CAP_SYS_ADMIN') continue
      const detail = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'
      errors.invalid(path, internalForm(context, 'core.v1.SecurityContext'), detail)
    }
  }
  validateWindowsOptions(context.windowsOptions, child(path, 'windowsOptions'), errors)
  validateAppArmor(context.appArmorProfile, child(path, 'appArmorProfile'), errors)
}

/** Whether a sysctl is namespaced where the pod uses the host's namespace. */
export function hostSysctlProblem(sysctl: string, spec: PodSpec): string | undefined {
  const plain = normalizeSysctl(sysctl)
  const star = plain.indexOf('*')
  const name = star < 0 ? plain : plain.slice(0, star)
  if (spec.hostNetwork && name.startsWith('net.')) return "may not be specified when 'hostNetwork' is true"
  const ipc = ipcSysctls.has(name) || name.startsWith('fs.mqueue.')
  return spec.hostIPC && ipc ? "may not be specified when 'hostIPC' is true" : undefined
}

const ipcSysctls: ReadonlySet<string> = new Set(
  'sem shmall shmmax shmmni shm_rmid_forced shm msgmax msgmnb msgmni msg'.split(' ').map((name) => `kernel.${name}`),
)

/** Slashes for dots, and dots for slashes, where a slash comes first. */
function normalizeSysctl(name: string): string {
  const first = name.search(/[./]/)
  if (first < 0 || name[first] === '.') return name
  return name.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'))
}

const sysctlPattern = '^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$'
/** The same language without two ways to read one text. */
const sysctlName = /^[a-z0-9]+(?:[-_]+[a-z0-9]+)*(?:[./][a-z0-9]+(?:[-_]+[a-z0-9]+)*)*$/

function validateSysctls(
  sysctls: readonly Sysctl[],
  spec: PodSpec,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const names = new Set<string>()
  sysctls.forEach(({ name = '' }, i) => {
    const at = child(index(path, i), 'name')
    if (name === '') errors.required(at)
    else if (name.length > 253 || !sysctlName.test(name)) {
      errors.invalid(at, name, `must have at most 253 characters and match regex ${sysctlPattern}`)
    } else if (names.has(name)) errors.duplicate(at, name)
    const problem = options.namespacedSysctlsWithHostNamespaces ? undefined : hostSysctlProblem(name, spec)
    if (problem !== undefined) errors.invalid(at, name, problem)
    names.add(name)
  })
}

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']

function validateSeccomp(profile: SeccompProfile | undefined, path: string, errors: FieldErrors): void {
  if (!profile) return
  const { type, localhostProfile } = profile
  const at = child(path, 'localhostProfile')
  if (!type) errors.required(child(path, 'type'), 'type is required when seccompProfile is set')
  else if (!profileTypes.includes(type)) errors.notSupportedInOrder(child(path, 'type'), type, profileTypes)
  if (type === 'Localhost') {
    if (localhostProfile === undefined) errors.required(at, 'must be set when seccomp type is Localhost')
    else validateLocalDescendingPath(localhostProfile, at, errors)
  } else if (localhostProfile !== undefined) {
    errors.invalid(
      at,
      internalForm(profile, 'core.v1.SeccompProfile'),
      'can only be set when seccomp type is Localhost',
    )
  }
}

const maxAppArmorProfile = 4095

/** Also for profiles that come from annotations. */
export function validateAppArmor(profile: AppArmorProfile | undefined, path: string, errors: FieldErrors): void {
  if (!profile) return
  const { type, localhostProfile: local } = profile
  const at = child(path, 'localhostProfile')
  if (!type) errors.required(child(path, 'type'), 'type is required when appArmorProfile is set')
  else if (!profileTypes.includes(type)) errors.notSupportedInOrder(child(path, 'type'), type, profileTypes)
  else if (type !== 'Localhost') {
    if (local !== undefined) errors.invalid(at, local, 'can only be set when AppArmor type is Localhost')
  } else if (local === undefined) errors.required(at, 'must be set when AppArmor type is Localhost')
  else {
    if (local.trim() !== local) errors.invalid(at, local, 'must not be padded with whitespace')
    else if (local === '') errors.required(at, 'must be set when AppArmor type is Localhost')
    if (byteLength(local) > maxAppArmorProfile) errors.tooLong(at, maxAppArmorProfile)
  }
}

function supported(value: string | undefined, values: readonly string[], path: string, errors: FieldErrors): void {
  if (value !== undefined && !values.includes(value)) errors.notSupported(path, value, values)
}
