import { randomUUID } from 'node:crypto'
import {
  badRequest,
  conflict,
  FieldErrors,
  internalError,
  invalid,
  type KubeObject,
  notFound,
  parseApiVersion,
  rfc3339,
  timeout,
} from '../api/index.js'
import type { RequestContext } from '../http/index.js'
import { unstoredVersion, type VirtualResource, type WriteRequest } from '../registry/index.js'
import { find, get, type SubresourceEnvironment } from './environment.js'

export interface TokenRequestOptions {
  /** A signed token of these claims; the issuer is its own business. @param deadline wall clock in milliseconds */
  issue(claims: Readonly<Record<string, unknown>>, deadline: number): Promise<string>
  /** `--api-audiences`: those of tokens that ask for none. */
  readonly audiences: readonly string[]
  /** `--service-account-max-token-expiration` in seconds; 0: no limit. */
  readonly maxExpirationSeconds: number
  /** `--service-account-extend-token-expiration`. */
  readonly extendExpiration: boolean
  /** Life of a token that is given more of it than was asked for. */
  readonly extendedSeconds: number
}

const group = 'authentication.k8s.io'
const groupKind = { group, kind: 'TokenRequest' }
const minSeconds = 600
const maxSeconds = 2 ** 32
/** What kubelets ask for when they mount a token: the one case in which a longer life is given. */
const mountedSeconds = 3607
/** How long a create may take. Source: apiserver pkg/endpoints/handlers. */
const mostMs = 34_000

/**
 * POST serviceaccounts/{name}/token: a token of the account, bound to an object if that is asked for.
 * Source: kubernetes pkg/registry/core/serviceaccount/storage/token.go, pkg/serviceaccount/claims.go.
 */
export function tokenRequests(environment: SubresourceEnvironment, options: TokenRequestOptions): VirtualResource {
  return {
    version: unstoredVersion(group, 'v1', 'TokenRequest', (object) => {
      object.spec = { ...object.spec, expirationSeconds: object.spec?.expirationSeconds ?? 3600 }
    }),
    keepsSystemFields: true,
    create: (context, object, request) => issueToken(environment, options, context, object, request),
  }
}

async function issueToken(
  environment: SubresourceEnvironment,
  options: TokenRequestOptions,
  { info: { name }, audit, deadline }: RequestContext,
  object: KubeObject,
  request: WriteRequest,
): Promise<KubeObject> {
  const { namespace } = request
  const { metadata } = object
  const errors = new FieldErrors()
  if (metadata.name && metadata.name !== name) {
    errors.invalid('metadata.name', metadata.name, 'must match the service account name if specified')
    throw invalid(groupKind, name, errors)
  }
  const account = get(environment, '/serviceaccounts', namespace, name)
  const uid = account.metadata.uid ?? ''
  if (metadata.uid && metadata.uid !== uid) {
    const differ = `the UID in the token request (${metadata.uid}) does not match the UID of the service account (${uid})`
    if (environment.enabled('TokenRequestServiceAccountUIDValidation'))
      throw conflict({ group, resource: 'TokenRequest' }, name, differ)
    request.warn(
      `${differ} but TokenRequestServiceAccountUIDValidation is not enabled. In the future, this will return a conflict error`,
    )
  }
  const now = environment.now()
  const { name: _, namespace: __, uid: ___, creationTimestamp: ____, ...more } = metadata
  object.metadata = { name, namespace, uid: metadata.uid || uid, creationTimestamp: rfc3339(now), ...more }
  const { spec } = object
  if (!spec.audiences?.length) spec.audiences = [...options.audiences]
  object.status = { token: '', expirationTimestamp: null }
  validate(object, errors)
  await request.admit?.(object, undefined)

  const bound = boundObjects(environment, name, namespace, spec.boundObjectRef)
  if (options.maxExpirationSeconds > 0 && spec.expirationSeconds > options.maxExpirationSeconds) {
    request.warn(
      `requested expiration of ${spec.expirationSeconds} seconds shortened to ${options.maxExpirationSeconds} seconds`,
    )
    spec.expirationSeconds = options.maxExpirationSeconds
  }
  const asked: number = Number(spec.expirationSeconds)
  const isOwn = (spec.audiences as string[]).every((audience) => options.audiences.includes(audience))
  const extend = options.extendExpiration && bound.pod !== undefined && asked === mountedSeconds && isOwn
  const seconds = Math.floor(now / 1000)
  const jti = randomUUID()
  audit?.annotate('authentication.kubernetes.io/issued-credential-id', `JTI=${jti}`)
  const claims = {
    sub: `system:serviceaccount:${namespace}:${name}`,
    aud: spec.audiences,
    iat: seconds,
    nbf: seconds,
    exp: seconds + (extend ? options.extendedSeconds : asked),
    jti,
    'kubernetes.io': {
      namespace,
      serviceaccount: { name, uid },
      pod: bound.pod,
      secret: bound.secret,
      node: bound.node,
      warnafter: extend ? seconds + asked : undefined,
    },
  }
  const token = await issued(options, claims, Math.min(deadline, Date.now() + mostMs))
  object.status = { token, expirationTimestamp: rfc3339(now + asked * 1000) }
  return object
}

async function issued(
  options: TokenRequestOptions,
  claims: Readonly<Record<string, unknown>>,
  deadline: number,
): Promise<string> {
  try {
    return await options.issue(claims, deadline)
  } catch (error) {
    if (Date.now() >= deadline)
      throw timeout('request did not complete within requested timeout - context deadline exceeded')
    throw internalError(`failed to generate token: ${(error as Error).message}`, { cause: error })
  }
}

function validate({ spec }: KubeObject, errors: FieldErrors): void {
  const at = 'spec.expirationSeconds'
  const seconds = spec.expirationSeconds
  if (seconds < minSeconds) errors.invalid(at, seconds, 'may not specify a duration less than 10 minutes')
  if (seconds > maxSeconds) errors.invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds')
  if (!errors.empty) throw invalid(groupKind, '', errors)
}

interface Reference {
  readonly name: string
  readonly uid?: string
}

interface Bound {
  readonly pod?: Reference
  readonly secret?: Reference
  readonly node?: Reference
}

interface BoundObjectReference {
  readonly kind?: string
  readonly apiVersion?: string
  readonly name?: string
  readonly uid?: string
}

/** What the token is good for only as long as it exists. */
function boundObjects(
  environment: SubresourceEnvironment,
  account: string,
  namespace: string,
  ref: BoundObjectReference | undefined | null,
): Bound {
  if (ref === undefined || ref === null) return {}
  const { kind = '', apiVersion = '', name = '' } = ref
  const { group, version } = parseApiVersion(apiVersion)
  const bound = (): { object: KubeObject; bound: Bound } => {
    if (group === '' && kind === 'Pod') {
      const object = get(environment, '/pods', namespace, name)
      if (object.spec?.serviceAccountName !== account)
        throw badRequest(
          `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`,
        )
      return { object, bound: { pod: referenceTo(object), ...nodeOf(environment, object) } }
    }
    if (group === '' && kind === 'Node') {
      const object = find(environment, '/nodes', '', name)
      if (object === undefined) throw notFound({ group: '', resource: 'nodes' }, name)
      return { object, bound: { node: referenceTo(object) } }
    }
    if (group === '' && kind === 'Secret') {
      const object = get(environment, '/secrets', namespace, name)
      return { object, bound: { secret: referenceTo(object) } }
    }
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`)
  }
  const found = bound()
  if (ref.uid && ref.uid !== found.object.metadata.uid)
    throw conflict(
      { group, resource: kind },
      name,
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  return found.bound
}

const referenceTo = ({ metadata }: KubeObject): Reference => ({ name: metadata.name ?? '', uid: metadata.uid ?? '' })

/** A pod's token tells its node too; of one that does not exist, the name. */
function nodeOf(environment: SubresourceEnvironment, { spec }: KubeObject): Pick<Bound, 'node'> {
  const name: string = spec?.nodeName ?? ''
  if (name === '') return {}
  const node = find(environment, '/nodes', '', name)
  return { node: node === undefined ? { name } : referenceTo(node) }
}
