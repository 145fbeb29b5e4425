import { type KubeObject, notFound } from '../../api/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import type { ObjectReader } from '../objects.js'
import { refuse } from '../refuse.js'
import { isOf } from '../resources.js'
import { limitEphemeralSecrets, limitSecrets, referencesSecrets } from './service-account-secrets.js'

const mirror = 'kubernetes.io/config.mirror'
const volumePrefix = 'kube-api-access-'
const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
/** Tokens that only warn when they are used past an hour. Source: kubernetes pkg/serviceaccount/claims.go. */
const tokenSeconds = 60 * 60 + 7
/** The default account of a new namespace may be on its way: it is looked for so often, this far apart. */
const attempts = 10
const leastWaitMs = 100

export interface ServiceAccountSurroundings {
  /** From 0 up to 1. */
  random(): number
  /** Five characters. */
  nameSuffix(): string
}

/**
 * Every pod has a service account: gives it one, mounts its token, and adds its pull secrets.
 *
 * @see kubernetes plugin/pkg/admission/serviceaccount
 */
export function serviceAccount(objects: ObjectReader, around: ServiceAccountSurroundings): AdmissionPlugin {
  return {
    name: 'ServiceAccount',
    handles: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    async admit(attributes) {
      const { object, operation } = attributes
      if (object === undefined || operation !== 'CREATE' || !concerns(attributes)) return
      if (isMirror(object)) return validateMirror(attributes, object)
      object.spec ??= {}
      const { spec } = object
      if (!spec.serviceAccountName) {
        spec.serviceAccountName = 'default'
        spec.serviceAccount = 'default'
      }
      const account = await accountOf(objects, attributes, spec.serviceAccountName, around)
      if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true)
        mountToken(object, around.nameSuffix)
      const pullSecrets: readonly { name?: string }[] = account.imagePullSecrets ?? []
      if ((spec.imagePullSecrets ?? []).length === 0 && pullSecrets.length > 0)
        spec.imagePullSecrets = pullSecrets.map(({ name }) => ({ name }))
      checkSecrets(attributes, account, object)
    },
    async validate(attributes) {
      const { object, operation, subresource } = attributes
      if (object === undefined || !concerns(attributes)) return
      const ephemeral = operation === 'UPDATE' && subresource === 'ephemeralcontainers'
      if (operation !== 'CREATE' && !ephemeral) return
      if (!ephemeral && isMirror(object)) return validateMirror(attributes, object)
      const name: string = object.spec?.serviceAccountName ?? ''
      if (name === '')
        throw refuse(
          attributes,
          `no service account specified for pod ${attributes.namespace}/${object.metadata.name ?? ''}`,
        )
      const account = await accountOf(objects, attributes, name, around)
      if (!ephemeral) return checkSecrets(attributes, account, object)
      const problem = isLimited(account) ? limitEphemeralSecrets(account, object) : undefined
      if (problem !== undefined) throw refuse(attributes, problem)
    },
  }
}

const concerns = (attributes: AdmissionAttributes): boolean =>
  isOf(attributes, '', 'pods') && (attributes.subresource === '' || attributes.subresource === 'ephemeralcontainers')

const isMirror = ({ metadata }: KubeObject): boolean => metadata.annotations?.[mirror] !== undefined

async function accountOf(
  objects: ObjectReader,
  attributes: AdmissionAttributes,
  name: string,
  { random }: ServiceAccountSurroundings,
): Promise<KubeObject> {
  const find = () => objects.find('/serviceaccounts', attributes.namespace, name)
  let found = find()
  const waitMs = leastWaitMs + random() * 100
  for (let attempt = 1; found === undefined && name === 'default' && attempt < attempts; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    found = find()
  }
  if (found !== undefined) return found
  const { message } = notFound({ group: '', resource: 'serviceaccount' }, name)
  throw refuse(attributes, `error looking up service account ${attributes.namespace}/${name}: ${message}`)
}

function validateMirror(attributes: AdmissionAttributes, { spec = {} }: KubeObject): void {
  if (spec.serviceAccountName) throw refuse(attributes, 'a mirror pod may not reference service accounts')
  if (referencesSecrets(spec)) throw refuse(attributes, 'a mirror pod may not reference secrets')
  const volumes: readonly { projected?: { sources?: { serviceAccountToken?: unknown }[] } }[] = spec.volumes ?? []
  if (volumes.some(({ projected }) => projected?.sources?.some((source) => source.serviceAccountToken !== undefined)))
    throw refuse(attributes, 'a mirror pod may not use ServiceAccountToken volume projections')
}

function checkSecrets(attributes: AdmissionAttributes, account: KubeObject, pod: KubeObject): void {
  const problem = isLimited(account) ? limitSecrets(account, pod) : undefined
  if (problem !== undefined) throw refuse(attributes, problem)
}

/** Go's strconv.ParseBool of the annotation. */
const isLimited = ({ metadata }: KubeObject): boolean =>
  ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(
    metadata.annotations?.['kubernetes.io/enforce-mountable-secrets'] ?? '',
  )

interface Container {
  volumeMounts?: { name: string; readOnly?: boolean; mountPath?: string }[]
}

function mountToken({ spec }: KubeObject, nameSuffix: () => string): void {
  const volumes: readonly { name?: string }[] = spec.volumes ?? []
  const present = volumes.find(({ name }) => name?.startsWith(volumePrefix))?.name
  const name = present ?? volumePrefix + nameSuffix()
  let needed = false
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])] as Container[]) {
    if (container.volumeMounts?.some((mount) => mount.mountPath === mountPath)) continue
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }]
    needed = true
  }
  if (needed && present === undefined) spec.volumes = [...volumes, { name, projected: tokenVolume() }]
}

const tokenVolume = () => ({
  sources: [
    { serviceAccountToken: { expirationSeconds: tokenSeconds, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: {
        items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
      },
    },
  ],
  defaultMode: 0o644,
})
