/** The parts of a pod that policies look at. */
export interface PodSpec {
  readonly initContainers?: readonly Container[]
  readonly containers?: readonly Container[]
  readonly ephemeralContainers?: readonly Container[]
  readonly volumes?: readonly (Readonly<Record<string, unknown>> & { readonly name?: string })[]
  readonly securityContext?: SecurityContext & { readonly sysctls?: readonly { readonly name?: string }[] }
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly hostUsers?: boolean
  readonly os?: { readonly name?: string }
  readonly runtimeClassName?: string
}

export interface Container {
  readonly name?: string
  readonly image?: string
  readonly securityContext?: SecurityContext
  readonly ports?: readonly { readonly hostPort?: number }[]
  readonly livenessProbe?: Handler
  readonly readinessProbe?: Handler
  readonly startupProbe?: Handler
  readonly lifecycle?: { readonly postStart?: Handler; readonly preStop?: Handler }
}

/** Of a container, or of the whole pod. */
export interface SecurityContext {
  readonly privileged?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly procMount?: string
  readonly runAsNonRoot?: boolean
  readonly runAsUser?: number
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
  readonly appArmorProfile?: { readonly type?: string }
  readonly seccompProfile?: { readonly type?: string }
  readonly seLinuxOptions?: { readonly type?: string; readonly user?: string; readonly role?: string }
  readonly windowsOptions?: { readonly hostProcess?: boolean }
}

interface Handler {
  readonly httpGet?: { readonly host?: string }
  readonly tcpSocket?: { readonly host?: string }
}

export interface Pod {
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: PodSpec
  /** Init containers, containers, ephemeral containers. */
  readonly containers: readonly Container[]
}

export function podOf(annotations: Readonly<Record<string, string>> | undefined, spec: PodSpec | undefined): Pod {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = spec ?? {}
  return {
    annotations: annotations ?? {},
    spec: spec ?? {},
    containers: [...initContainers, ...containers, ...ephemeralContainers],
  }
}
