import { apiVersionOf, DecodeError, decodeObject, type KubeObject, kindShape } from '../api/index.js'
import { decodeDocument } from './decode-document.js'
import type { TypeMeta } from './type-meta.js'

/** A review that has come back. */
export interface AnsweredReview<T> {
  /** As it was answered; may be empty. */
  readonly kind: string
  /** As it was answered; may be empty. */
  readonly apiVersion: string
  readonly object: KubeObject & T
}

/**
 * Reads what a webhook has answered to a review. What does not say its kind or version has that of the question. Upstream's
 * scheme has reviews of v1 and v1beta1, and no way from one to the other.
 *
 * @throws Error with upstream's message
 */
export async function decodeAnswer<T>(bytes: Buffer, asked: TypeMeta): Promise<AnsweredReview<T>> {
  const { value, type } = await decodeDocument(bytes)
  const told = defaulted(type, asked)
  const from = apiVersionOf(told)
  if (from !== apiVersionOf(asked) || told.kind !== asked.kind) {
    const other = told.version === 'v1' || told.version === 'v1beta1'
    if (told.kind === asked.kind && told.group === asked.group && other)
      throw new Error(
        `converting (${told.version}.${told.kind}) to (${asked.version}.${asked.kind}): unknown conversion`,
      )
    throw new Error(
      `no kind ${JSON.stringify(told.kind)} is registered for version ${JSON.stringify(from)} in scheme "pkg/runtime/scheme.go:111"`,
    )
  }
  const shape = kindShape(asked.group, asked.version, asked.kind)
  if (shape === undefined) throw new Error(`no facts about ${asked.kind} in ${apiVersionOf(asked)}`)
  try {
    return { kind: type.kind, apiVersion: apiVersionOf(type), object: decodeObject(value, shape) as KubeObject & T }
  } catch (error) {
    throw error instanceof DecodeError ? new Error(error.message) : error
  }
}

function defaulted({ group, version, kind }: TypeMeta, asked: TypeMeta): TypeMeta {
  const own = version === '' && (group === '' || group === asked.group)
  return {
    kind: kind || asked.kind,
    group: own ? asked.group : group,
    version: own ? asked.version : version,
  }
}
