import {
  apiVersionOf,
  badRequest,
  DecodeError,
  type KubeObject,
  parseApiVersion,
  quote,
  type StructShape,
} from '../../api/index.js'
import { cannotHandle, unrecognized } from '../body-errors.js'
import type { BodyReader, DecodedBody } from '../decode-body.js'
import { checkConvertible, registeredKind, sameVersion } from '../registered-kind.js'
import type { TypeMeta } from '../type-meta.js'
import { readMessage } from './decode.js'
import { type Envelope, kindType, magic, notMarshalable, readEnvelope } from './envelope.js'
import { messageType } from './message-type.js'
import { Reader } from './reader.js'
import { WireError } from './wire-error.js'

/**
 * Bodies of `application/vnd.kubernetes.protobuf`. Strictness means nothing here: unknown fields are skipped, as upstream does.
 * Source: apimachinery pkg/runtime/serializer/protobuf.
 */
export const readProtobufBody: BodyReader = (body, { expected, target, accepts }): DecodedBody => {
  let envelope: Envelope
  try {
    envelope = open(body)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    throw unrecognized(error.message, body, expected.kind)
  }
  const actual = withDefaults(envelope, expected)
  try {
    if (!('shape' in target)) throw new WireError(notMarshalable('*unstructured.Unstructured').status.message ?? '')
    const same = sameVersion(actual, expected) && actual.kind === expected.kind
    const type = same ? target.shape : (target.registered ?? registeredKind)(actual)
    if (type === undefined) {
      const scheme = target.scheme ?? 'pkg/runtime/scheme.go:111'
      throw new WireError(
        `no kind ${quote(actual.kind)} is registered for version ${quote(apiVersionOf(actual))} in scheme "${scheme}"`,
      )
    }
    const object = decodeMessage(envelope.raw, type.ref, actual) as KubeObject
    checkConvertible(actual, expected, target, type)
    if (!(accepts?.(actual) ?? sameVersion(actual, expected)))
      throw badRequest(
        `the API version in the data (${apiVersionOf(actual)}) does not match the expected API version (${apiVersionOf(expected)})`,
      )
    return { object, type: actual, warnings: [] }
  } catch (error) {
    if (!(error instanceof WireError) && !(error instanceof DecodeError)) throw error
    throw cannotHandle(actual, expected.kind, error.message)
  }
}

/** DeleteOptions and the like, of whatever version. Throws ApiError 400. */
export function readProtobufOptions(body: Buffer, shape: StructShape): Record<string, unknown> {
  try {
    const { kind, apiVersion, raw } = open(body)
    if (kind !== '' && kind !== shape.goName)
      throw new WireError(
        `no kind ${quote(kind)} is registered for version ${quote(isVersion(apiVersion) ? apiVersion : 'meta.k8s.io/v1')} in scheme "pkg/runtime/scheme.go:111"`,
      )
    return decodeMessage(raw, shape.ref, { kind, ...parseApiVersion(apiVersion) })
  } catch (error) {
    if (error instanceof WireError) throw badRequest(error.message)
    throw error
  }
}

const isVersion = (text: string): boolean => text !== '' && text.split('/').length < 3

/** Reads bytes in an envelope as the object they say they are. Throws WireError. */
export function decodeProtobuf(bytes: Buffer): Record<string, unknown> {
  const { kind, apiVersion, raw } = open(bytes)
  const { group, version } = parseApiVersion(apiVersion)
  const type = kindType(group, version, kind)
  if (type === undefined) throw new WireError(`no kind "${kind}" is registered for version "${apiVersion}"`)
  return decodeMessage(raw, type.ref, { group, version, kind })
}

function open(body: Buffer): Envelope {
  if (body.length === 0) throw new WireError('empty data')
  if (body.length < magic.length || magic.compare(body, 0, magic.length) !== 0)
    throw new WireError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  if (body.length === magic.length) throw new WireError('empty body')
  return readEnvelope(new Reader(body.subarray(magic.length)))
}

const decodeMessage = (raw: Buffer, ref: string, type: TypeMeta): Record<string, unknown> =>
  readMessage(new Reader(raw), messageType(ref), { kind: type.kind, apiVersion: apiVersionOf(type) })

function withDefaults({ apiVersion, kind }: Envelope, expected: TypeMeta): TypeMeta {
  const slashes = apiVersion.split('/').length - 1
  const known = slashes > 1 || apiVersion === '/' ? { group: '', version: '' } : parseApiVersion(apiVersion)
  const { group, version } = known.version === '' ? expected : known
  return { group, version, kind: kind === '' ? expected.kind : kind }
}
