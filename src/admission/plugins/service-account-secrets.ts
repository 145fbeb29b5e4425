import type { KubeObject } from '../../api/index.js'

interface Container {
  readonly name: string
  readonly env?: readonly { readonly name: string; readonly valueFrom?: { readonly secretKeyRef?: Named } }[]
  readonly envFrom?: readonly { readonly secretRef?: Named }[]
}
interface Named {
  readonly name?: string
}

/** What forbids a pod the secrets it refers to, where its account names those that may be mounted; undefined: nothing. */
export function limitSecrets(account: KubeObject, { spec = {} }: KubeObject): string | undefined {
  const allowed = namesOf(account.secrets)
  const owner = account.metadata.name
  for (const { secret } of (spec.volumes ?? []) as { secret?: { secretName?: string } }[])
    if (secret !== undefined && !allowed.has(secret.secretName ?? ''))
      return `volume with secret.secretName="${secret.secretName ?? ''}" is not allowed because service account ${owner} does not reference that secret`
  const problem =
    limitContainers(spec.initContainers, 'init container', allowed, owner) ??
    limitContainers(spec.containers, 'container', allowed, owner)
  if (problem !== undefined) return problem
  const pullable = namesOf(account.imagePullSecrets)
  const pulls: readonly Named[] = spec.imagePullSecrets ?? []
  const wrong = pulls.findIndex(({ name }) => !pullable.has(name ?? ''))
  if (wrong < 0) return undefined
  return `imagePullSecrets[${wrong}].name="${pulls[wrong]!.name ?? ''}" is not allowed because service account ${owner} does not reference that imagePullSecret`
}

/** The same for ephemeral containers. */
export const limitEphemeralSecrets = (account: KubeObject, { spec = {} }: KubeObject): string | undefined =>
  limitContainers(spec.ephemeralContainers, 'ephemeral container', namesOf(account.secrets), account.metadata.name)

const namesOf = (list: readonly Named[] | undefined): ReadonlySet<string> =>
  new Set((list ?? []).map(({ name }) => name ?? ''))

function limitContainers(
  containers: readonly Container[] | undefined,
  what: string,
  allowed: ReadonlySet<string>,
  owner: string | undefined,
): string | undefined {
  const because = `is not allowed because service account ${owner} does not reference that secret`
  for (const { name, env = [], envFrom = [] } of containers ?? []) {
    for (const { name: variable, valueFrom } of env) {
      const secret = valueFrom?.secretKeyRef
      if (secret !== undefined && !allowed.has(secret.name ?? ''))
        return `${what} ${name} with envVar ${variable} referencing secret.secretName="${secret.name ?? ''}" ${because}`
    }
    for (const { secretRef } of envFrom)
      if (secretRef !== undefined && !allowed.has(secretRef.name ?? ''))
        return `${what} ${name} with envFrom referencing secret.secretName="${secretRef.name ?? ''}" ${because}`
  }
  return undefined
}

/** Where volumes name secrets: of the source, and below it. */
const volumeSecrets: readonly (readonly [source: string, path: readonly string[]])[] = [
  ['azureFile', ['secretName']],
  ['cephfs', ['secretRef', 'name']],
  ['cinder', ['secretRef', 'name']],
  ['flexVolume', ['secretRef', 'name']],
  ['rbd', ['secretRef', 'name']],
  ['secret', ['secretName']],
  ['scaleIO', ['secretRef', 'name']],
  ['iscsi', ['secretRef', 'name']],
  ['storageos', ['secretRef', 'name']],
  ['csi', ['nodePublishSecretRef', 'name']],
]

/** Whether anything in a pod names a secret. Source: kubernetes pkg/api/pod, VisitPodSecretNames. */
export function referencesSecrets(spec: KubeObject['spec']): boolean {
  const pulls: readonly Named[] = spec.imagePullSecrets ?? []
  if (pulls.some(({ name }) => name)) return true
  const containers: Container[] = [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ]
  for (const { env = [], envFrom = [] } of containers) {
    if (env.some(({ valueFrom }) => valueFrom?.secretKeyRef?.name)) return true
    if (envFrom.some(({ secretRef }) => secretRef?.name)) return true
  }
  return (spec.volumes ?? []).some(namesSecret)
}

function namesSecret(volume: Record<string, unknown>): boolean {
  for (const [source, path] of volumeSecrets) {
    let found: unknown = volume[source]
    for (const step of path) found = (found as Record<string, unknown> | undefined)?.[step]
    if (found) return true
  }
  const projected = volume.projected as { sources?: { secret?: Named }[] } | undefined
  return projected?.sources?.some(({ secret }) => secret?.name) ?? false
}
