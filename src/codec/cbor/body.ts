import { badRequest, parseApiVersion, quote, type StructShape } from '../../api/index.js'
import { cannotHandle, unrecognized } from '../body-errors.js'
import { type BodyReader, type DecodeBodyOptions, decodeParsed, withDefaults } from '../decode-body.js'
import type { TypeMeta } from '../type-meta.js'
import { decodeCbor, readCborTypeMeta } from './decode.js'
import { CborError } from './error.js'

export const cborMediaType = 'application/cbor'

/** Bodies of `application/cbor`: what JSON would have said, in other bytes. */
export const readCborBody: BodyReader = (body, options) => {
  const exactNumbers = true
  const typed = 'shape' in options.target
  let value: unknown
  try {
    value = decodeCbor(body, { exactNumbers })
  } catch (error) {
    if (!(error instanceof CborError)) throw error
    // What is wrong within is told only of an object that says what it is.
    throw cannotHandle(withDefaults(typeMeta(body, options), options.expected), options.expected.kind, error.message)
  }
  if (!saysWhatItIs(value)) typeMeta(body, options)
  // Of custom resources upstream looks for unknown fields in JSON and YAML alone.
  const tell = (problems: readonly string[]) => (typed ? unknownField(value, problems) : [])
  return decodeParsed({ value, options: { exactNumbers }, strict: undefined, tell }, body, options)
}

function typeMeta(body: Buffer, { expected }: DecodeBodyOptions): TypeMeta {
  try {
    const { kind, apiVersion } = readCborTypeMeta(body)
    return { kind, ...parseApiVersion(apiVersion) }
  } catch (error) {
    if (!(error instanceof CborError)) throw error
    throw unrecognized(`unable to determine group/version/kind: ${error.message}`, body, expected.kind)
  }
}

function saysWhatItIs(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const { kind = '', apiVersion = '' } = value as { kind?: unknown; apiVersion?: unknown }
  return typeof kind === 'string' && typeof apiVersion === 'string'
}

/** Only the first one is told, and not what it is but where in the map around it stands. */
function unknownField(root: unknown, problems: readonly string[]): readonly string[] {
  const path = /^unknown field "(.*)"$/.exec(problems[0] ?? '')?.[1]
  if (path === undefined) return problems
  let value = root
  let index = 0
  for (const [, dotted, item] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (typeof value !== 'object' || value === null) break
    index = Object.keys(value).indexOf(dotted ?? item!)
    value = (value as Record<string, unknown>)[dotted ?? item!]
  }
  return [`cbor: found unknown field at map element index ${Math.max(index, 0)}`]
}

/** DeleteOptions and the like. Throws ApiError 400. */
export function readCborOptions(body: Buffer, shape: StructShape): unknown {
  try {
    const value = decodeCbor(body)
    const { kind = shape.goName, apiVersion = 'v1' } = (value ?? {}) as { kind?: unknown; apiVersion?: unknown }
    if (kind !== shape.goName)
      throw badRequest(
        `no kind ${quote(String(kind))} is registered for version ${quote(String(apiVersion))} in scheme "pkg/runtime/scheme.go:111"`,
      )
    return value
  } catch (error) {
    if (error instanceof CborError) throw badRequest(`unable to determine group/version/kind: ${error.message}`)
    throw error
  }
}
