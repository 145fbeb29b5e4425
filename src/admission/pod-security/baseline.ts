import { quote } from '../../api/index.js'
import type { Check, Verdict } from './checks.js'
import type { Container, Pod, SecurityContext } from './pod.js'
import { containersText, plural, quoted, settersText, sorted } from './wording.js'

/** What no pod may do that is not trusted wholly. Source: pod-security-admission policy; so in the other checks. */
export const baseline: readonly Check[] = [
  { id: 'appArmorProfile', versions: [{ since: 0, check: appArmor }] },
  { id: 'capabilities_baseline', versions: [{ since: 0, check: capabilities }] },
  { id: 'hostNamespaces', versions: [{ since: 0, check: hostNamespaces }] },
  { id: 'hostPathVolumes', versions: [{ since: 0, check: hostPaths }] },
  { id: 'hostPorts', versions: [{ since: 0, check: hostPorts }] },
  { id: 'hostProbesAndHostLifecycle', versions: [{ since: 34, check: handlerHosts }] },
  { id: 'privileged', versions: [{ since: 0, check: privileged }] },
  {
    id: 'procMount',
    versions: [
      { since: 0, check: procMount },
      { since: 35, check: (pod) => (pod.spec.hostUsers === false ? undefined : procMount(pod)) },
    ],
  },
  {
    id: 'seLinuxOptions',
    versions: [
      { since: 0, check: seLinux(['container_t', 'container_init_t', 'container_kvm_t']) },
      { since: 31, check: seLinux(['container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t']) },
    ],
  },
  {
    id: 'seccompProfile_baseline',
    versions: [
      { since: 0, check: seccompAnnotations },
      { since: 19, check: seccomp },
    ],
  },
  { id: 'sysctls', versions: sysctlVersions() },
  { id: 'windowsHostProcess', versions: [{ since: 0, check: hostProcess }] },
]

const appArmorAnnotation = 'container.apparmor.security.beta.kubernetes.io/'

function appArmor({ annotations, spec, containers }: Pod): Verdict {
  const isBad = ({ appArmorProfile: profile }: SecurityContext = {}) =>
    profile !== undefined && profile.type !== 'RuntimeDefault' && profile.type !== 'Localhost'
  const bad = containers.filter(({ securityContext }) => isBad(securityContext))
  const badPod = isBad(spec.securityContext)
  const values = sorted(
    [...(badPod ? [spec] : []), ...bad].map(({ securityContext }) => securityContext?.appArmorProfile?.type ?? ''),
  )
  const badAnnotations = Object.entries(annotations)
    .filter(([name, value]) => name.startsWith(appArmorAnnotation) && !isAppArmorValue(value))
    .map(([name, value]) => `${name}=${quote(value)}`)
    .sort()
  const setters = [settersText(badPod, bad)]
  if (badAnnotations.length > 0) setters.push(plural(badAnnotations.length, 'annotation'))
  const all = [...values, ...badAnnotations]
  if (all.length === 0) return undefined
  return {
    reason: plural(all.length, 'forbidden AppArmor profile'),
    detail: `${setters.filter(Boolean).join(' and ')} must not set AppArmor profile type to ${quoted(all)}`,
  }
}

const isAppArmorValue = (value: string): boolean =>
  value === '' || value === 'runtime/default' || value.startsWith('localhost/')

const usualCapabilities = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
])

function capabilities({ containers }: Pod): Verdict {
  const unusual = ({ securityContext }: Container) =>
    (securityContext?.capabilities?.add ?? []).filter((name) => !usualCapabilities.has(name))
  const bad = containers.filter((container) => unusual(container).length > 0)
  if (bad.length === 0) return undefined
  return {
    reason: 'non-default capabilities',
    detail: `${containersText(bad)} must not include ${quoted(sorted(bad.flatMap(unusual)))} in securityContext.capabilities.add`,
  }
}

function hostNamespaces({ spec }: Pod): Verdict {
  const found = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name] === true)
  if (found.length === 0) return undefined
  return { reason: 'host namespaces', detail: found.map((name) => `${name}=true`).join(', ') }
}

function hostPaths({ spec }: Pod): Verdict {
  const found = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined)
  if (found.length === 0) return undefined
  const names = quoted(found.map(({ name }) => name ?? ''))
  return { reason: 'hostPath volumes', detail: `${plural(found.length, 'volume')} ${names}` }
}

function hostPorts({ containers }: Pod): Verdict {
  const portsOf = ({ ports = [] }: Container) => ports.flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []))
  const bad = containers.filter((container) => portsOf(container).length > 0)
  if (bad.length === 0) return undefined
  const ports = sorted(bad.flatMap(portsOf))
  return {
    reason: 'hostPort',
    detail: `${containersText(bad)} ${plural(bad.length, 'uses', 'use')} ${plural(ports.length, 'hostPort')} ${ports.join(', ')}`,
  }
}

function handlerHosts({ containers }: Pod): Verdict {
  const hostsOf = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container) =>
    [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap((handler) =>
      [handler?.httpGet?.host, handler?.tcpSocket?.host].filter((host): host is string => Boolean(host)),
    )
  const bad = containers.filter((container) => hostsOf(container).length > 0)
  if (bad.length === 0) return undefined
  const names = sorted(bad.map(({ name }) => name ?? ''))
  const hosts = sorted(bad.flatMap(hostsOf))
  return {
    reason: 'probe or lifecycle host',
    detail: `${plural(names.length, 'container')} ${quoted(names)} ${plural(names.length, 'uses', 'use')} ${plural(hosts.length, 'probe or lifecycle host')} ${quoted(hosts)}`,
  }
}

function privileged({ containers }: Pod): Verdict {
  const bad = containers.filter(({ securityContext }) => securityContext?.privileged === true)
  if (bad.length === 0) return undefined
  return { reason: 'privileged', detail: `${containersText(bad)} must not set securityContext.privileged=true` }
}

export function procMount({ containers }: Pod): Verdict {
  const mountOf = ({ securityContext }: Container) => securityContext?.procMount
  const bad = containers.filter((container) => (mountOf(container) ?? 'Default') !== 'Default')
  if (bad.length === 0) return undefined
  const values = sorted(bad.map((container) => mountOf(container) ?? ''))
  return {
    reason: 'procMount',
    detail: `${containersText(bad)} must not set securityContext.procMount to ${quoted(values)}`,
  }
}

function seLinux(allowed: readonly string[]): (pod: Pod) => Verdict {
  const badType = ({ seLinuxOptions: options }: SecurityContext = {}) =>
    options?.type && !allowed.includes(options.type) ? options.type : undefined
  const isBad = (context: SecurityContext = {}) =>
    badType(context) !== undefined || Boolean(context.seLinuxOptions?.user) || Boolean(context.seLinuxOptions?.role)
  return ({ spec, containers }) => {
    const bad = containers.filter(({ securityContext }) => isBad(securityContext))
    const badPod = isBad(spec.securityContext)
    if (bad.length === 0 && !badPod) return undefined
    const contexts = [spec.securityContext, ...bad.map(({ securityContext }) => securityContext)]
    const types = sorted(contexts.flatMap((context) => badType(context) ?? []))
    const data = types.length === 0 ? [] : [`${plural(types.length, 'type')} ${quoted(types)}`]
    if (contexts.some((context) => context?.seLinuxOptions?.user)) data.push('user may not be set')
    if (contexts.some((context) => context?.seLinuxOptions?.role)) data.push('role may not be set')
    return {
      reason: 'seLinuxOptions',
      detail: `${settersText(badPod, bad)} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`,
    }
  }
}

function seccompAnnotations({ annotations, containers }: Pod): Verdict {
  const names = [
    'seccomp.security.alpha.kubernetes.io/pod',
    ...containers.map(({ name }) => `container.seccomp.security.alpha.kubernetes.io/${name}`),
  ]
  const bad = sorted(
    names.flatMap((name) => {
      const value = Object.hasOwn(annotations, name) ? annotations[name]! : 'runtime/default'
      const good = value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/')
      return good ? [] : [`${name}=${quote(value)}`]
    }),
  )
  if (bad.length === 0) return undefined
  return { reason: 'seccompProfile', detail: `forbidden ${plural(bad.length, 'annotation')} ${bad.join(', ')}` }
}

/** Profiles that are set and not good ones. */
export function seccomp({ spec, containers }: Pod): Verdict {
  const bad = containers.filter(({ securityContext }) => isBadSeccomp(securityContext))
  const badPod = isBadSeccomp(spec.securityContext)
  if (bad.length === 0 && !badPod) return undefined
  const values = sorted(
    [...(badPod ? [spec] : []), ...bad].map(({ securityContext }) => securityContext?.seccompProfile?.type ?? ''),
  )
  return {
    reason: 'seccompProfile',
    detail: `${settersText(badPod, bad)} must not set securityContext.seccompProfile.type to ${quoted(values)}`,
  }
}

const isBadSeccomp = ({ seccompProfile: profile }: SecurityContext = {}): boolean =>
  profile !== undefined && profile.type !== 'RuntimeDefault' && profile.type !== 'Localhost'

function sysctlVersions(): Check['versions'] {
  const safe = [
    'kernel.shm_rmid_forced',
    'net.ipv4.ip_local_port_range',
    'net.ipv4.tcp_syncookies',
    'net.ipv4.ping_group_range',
    'net.ipv4.ip_unprivileged_port_start',
  ]
  const since27 = [...safe, 'net.ipv4.ip_local_reserved_ports']
  const since29 = [
    ...since27,
    'net.ipv4.tcp_keepalive_time',
    'net.ipv4.tcp_fin_timeout',
    'net.ipv4.tcp_keepalive_intvl',
    'net.ipv4.tcp_keepalive_probes',
  ]
  const since32 = [...since29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']
  return [
    { since: 0, check: sysctls(new Set(safe)) },
    { since: 27, check: sysctls(new Set(since27)) },
    { since: 29, check: sysctls(new Set(since29)) },
    { since: 32, check: sysctls(new Set(since32)) },
  ]
}

function sysctls(allowed: ReadonlySet<string>): (pod: Pod) => Verdict {
  return ({ spec }) => {
    const bad = (spec.securityContext?.sysctls ?? []).map(({ name }) => name ?? '').filter((name) => !allowed.has(name))
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') }
  }
}

function hostProcess({ spec, containers }: Pod): Verdict {
  const isBad = ({ windowsOptions }: SecurityContext = {}) => windowsOptions?.hostProcess === true
  const setters = settersText(
    isBad(spec.securityContext),
    containers.filter(({ securityContext }) => isBad(securityContext)),
  )
  if (setters === '') return undefined
  return { reason: 'hostProcess', detail: `${setters} must not set securityContext.windowsOptions.hostProcess=true` }
}
