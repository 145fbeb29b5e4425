import { ApiError, badRequest, DecodeError, type KubeObject } from '../api/index.js'
import { cannotHandle, type DecodedBody, decodeBody } from '../codec/index.js'
import type { RequestContext } from '../http/index.js'
import { bodyReaders } from './body-readers.js'
import type { RequestScope } from './scope.js'

/**
 * The body of a create or update as a typed object of the scope's version, defaulted. A body in another served version of
 * the kind is converted. Warnings go to the response; throws ApiError 400, 415.
 */
export async function readObject(
  scope: RequestScope,
  context: RequestContext,
  body: Buffer,
  fieldValidation: 'Ignore' | 'Warn' | 'Strict',
): Promise<KubeObject> {
  const { version } = scope
  const { accepts } = (scope.subresource ?? scope.resource).virtual ?? {}
  let decoded: DecodedBody
  try {
    decoded = await decodeBody(body, context.exchange.headers['content-type'], {
      expected: { group: version.group, version: version.version, kind: version.kind },
      fieldValidation,
      target: version.form ?? { shape: version.shape },
      warn: (text) => context.warnings.add(text),
      others: bodyReaders(scope.environment.cbor),
      ...(accepts === undefined ? {} : { accepts }),
    })
  } catch (error) {
    // The scheme in which upstream looks for words about a bad body knows custom resources only.
    if (error instanceof ApiError && error.code === 400 && isCustomScale(scope))
      throw badRequest('no kind is registered for the type v1.Scale in scheme "pkg/runtime/scheme.go:111"')
    throw error
  }
  for (const text of decoded.warnings) context.warnings.add(text)
  const { object } = decoded
  object.metadata ??= {}
  // Versions that `accepts` lets in are of the same form.
  if (accepts !== undefined) object.apiVersion = version.apiVersion
  try {
    version.defaults(object)
  } catch (error) {
    if (error instanceof DecodeError) throw cannotHandle(decoded.type, version.kind, error.message)
    throw error
  }
  return object
}

const isCustomScale = ({ resource, subresource }: RequestScope): boolean =>
  subresource?.name === 'scale' && resource.rules.scale?.custom !== undefined
