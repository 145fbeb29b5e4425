import { randomUUID } from 'node:crypto'
import type { KubeObject, StatusDetails } from '../../api/index.js'
import { decodeAnswer, encodeJson } from '../../codec/index.js'
import type { AdmissionAttributes, Operation } from '../admission.js'
import type { ResourceView } from '../object-views.js'

/** An AdmissionReview to be sent. */
export interface Review {
  readonly version: 'v1' | 'v1beta1'
  readonly uid: string
  readonly body: Buffer
}

/** The objects of a request in the version that a webhook asked for. */
export interface Shown {
  readonly object: KubeObject | undefined
  readonly oldObject: KubeObject | undefined
}

/** What a webhook has answered, its form checked. */
export interface Verdict {
  readonly allowed: boolean
  readonly status: WebhookStatus | undefined
  /** Empty: there is none. */
  readonly patch: Buffer
  readonly patchType: string
  readonly warnings: readonly string[]
  readonly auditAnnotations: Readonly<Record<string, string>>
}

export interface WebhookStatus {
  readonly metadata?: object
  readonly message?: string
  readonly reason?: string
  readonly details?: StatusDetails
  readonly code?: number
}

const group = 'admission.k8s.io'

/**
 * @param versions that the webhook understands, in its order of preference
 * @throws Error if none of them is known
 * @see apiserver pkg/admission/plugin/webhook/request
 */
export function reviewOf(
  versions: readonly string[],
  view: ResourceView,
  attributes: AdmissionAttributes,
  { object, oldObject }: Shown,
): Review {
  const version = versions.find((known) => known === 'v1' || known === 'v1beta1')
  if (version === undefined) throw new Error('webhook does not accept known AdmissionReview versions (v1, v1beta1)')
  const uid = randomUUID()
  const { subresource, name, namespace, operation, user } = attributes
  const request = {
    uid,
    kind: kindOf(view.kind),
    resource: resourceOf(view.resource),
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind: kindOf(attributes.kind),
    requestResource: resourceOf(attributes.resource),
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: userInfo(user),
    object: object ?? null,
    oldObject: oldObject ?? null,
    dryRun: attributes.dryRun,
    options: operation === 'CONNECT' ? null : optionsOf(operation, attributes.options),
  }
  return { version, uid, body: encodeJson({ kind: 'AdmissionReview', apiVersion: `${group}/${version}`, request }) }
}

const kindOf = ({ group, version, kind }: ResourceView['kind']) => ({ group, version, kind })
const resourceOf = ({ group, version, resource }: ResourceView['resource']) => ({ group, version, resource })

const nobody = Object.freeze({})
const told = new WeakMap<NonNullable<AdmissionAttributes['user']>, object>()

/** Who asks, as authentication.k8s.io has it; shared by all requests of a user. */
export function userInfo(user: AdmissionAttributes['user']): object {
  if (user === undefined) return nobody
  let info = told.get(user)
  if (info === undefined) {
    const { name, uid = '', groups, extra = {} } = user
    info = {
      ...(name === '' ? {} : { username: name }),
      ...(uid === '' ? {} : { uid }),
      ...(groups.length === 0 ? {} : { groups }),
      ...(Object.keys(extra).length === 0 ? {} : { extra }),
    }
    told.set(user, info)
  }
  return info
}

const optionKinds: Readonly<Record<Exclude<Operation, 'CONNECT'>, string>> = {
  CREATE: 'CreateOptions',
  UPDATE: 'UpdateOptions',
  DELETE: 'DeleteOptions',
}

/** The options of an operation with their type. */
export const optionsOf = (operation: Exclude<Operation, 'CONNECT'>, options: AdmissionAttributes['options']) => ({
  kind: optionKinds[operation],
  apiVersion: 'meta.k8s.io/v1',
  ...withoutType(options),
})

const withoutType = ({ kind: _, apiVersion: __, ...options }: Readonly<Record<string, unknown>>) => options

/**
 * The response in an answer. Throws what is no such answer at all as an Unreadable, what is one but says what it may not as an
 * Error.
 */
export async function readVerdict(bytes: Buffer, { version, uid }: Review, mutating: boolean): Promise<Verdict> {
  const { kind, apiVersion, response } = await decodeReview(bytes, version)
  if (response === undefined || response === null) throw new Error('webhook response was absent')
  const { patch: encoded = '', patchType = null, allowed = false } = response
  const patch = Buffer.from(encoded, 'base64')
  const verdict = {
    allowed,
    status: response.status ?? undefined,
    warnings: response.warnings ?? [],
    auditAnnotations: response.auditAnnotations ?? {},
  }
  if (version === 'v1beta1') {
    const used = mutating ? patch : Buffer.alloc(0)
    return { ...verdict, patch: used, patchType: used.length > 0 ? 'JSONPatch' : '' }
  }
  const answered = response.uid ?? ''
  if (answered !== uid) throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(answered)}`)
  const expected = `${group}/v1`
  if (kind !== 'AdmissionReview' || apiVersion !== expected)
    throw new Error(`expected webhook response of ${expected}, Kind=AdmissionReview, got ${typeText(apiVersion, kind)}`)
  if (!mutating) {
    if (patch.length > 0) throw new Error('validating webhook may not return response.patch')
    if (patchType !== null) throw new Error('validating webhook may not return response.patchType')
    return { ...verdict, patch, patchType: '' }
  }
  if (patch.length > 0 && patchType === null)
    throw new Error('webhook returned response.patch but not response.patchType')
  if (patch.length === 0 && patchType !== null)
    throw new Error('webhook returned response.patchType but not response.patch')
  if (patchType === '') throw new Error('webhook returned invalid response.patchType of ""')
  return { ...verdict, patch, patchType: patchType ?? '' }
}

/** Go's schema.GroupVersionKind as text. */
const typeText = (apiVersion: string, kind: string): string =>
  `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`

/** An answer that cannot be read. */
export class Unreadable extends Error {}

interface DecodedReview {
  readonly kind: string
  readonly apiVersion: string
  readonly response?: {
    readonly uid?: string
    readonly allowed?: boolean
    readonly status?: WebhookStatus | null
    readonly patch?: string
    readonly patchType?: string | null
    readonly warnings?: readonly string[] | null
    readonly auditAnnotations?: Readonly<Record<string, string>> | null
  } | null
}

async function decodeReview(bytes: Buffer, version: string): Promise<DecodedReview> {
  try {
    const { object, kind, apiVersion } = await decodeAnswer<Pick<DecodedReview, 'response'>>(bytes, {
      group,
      version,
      kind: 'AdmissionReview',
    })
    return { ...object, kind, apiVersion }
  } catch (error) {
    throw error instanceof Error ? new Unreadable(error.message) : error
  }
}
