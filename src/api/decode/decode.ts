import type { KubeObject } from '../object.js'
import type { StructShape } from '../shapes.js'
import { type Context, decoderOf, mismatch } from './compile.js'
import { explain } from './explain.js'
import { foldRepeated } from './repeated.js'
import type { DecodeOptions } from './report.js'

/**
 * What `json.Unmarshal` into the Go type followed by `json.Marshal` would give: fields in declaration order, unknown ones
 * dropped, empty ones left out or spelled out as the type's tags say, special types in canonical form. `null` decodes as
 * an empty object. The result shares nothing with `raw` except free-form values (RawExtension, JSON).
 *
 * @throws DecodeError with Go's message if a value does not fit its type
 */
export function decode(raw: unknown, shape: StructShape, options: DecodeOptions = {}): Record<string, unknown> {
  const context: Context = { unknown: false, exactNumbers: options.exactNumbers === true, sortFree: options.sortFree }
  const type = { shape, ref: shape.ref }
  const repeats = (options.duplicates?.size ?? 0) > 0
  if (repeats) {
    // What a key has at first may be wrong, too.
    const wrong = explain(raw, type, options)
    if (wrong !== undefined) throw wrong
  }
  let decoded: unknown
  try {
    const folded = repeats ? foldRepeated(raw, shape, options.duplicates!) : raw
    decoded = decoderOf(shape)(folded ?? {}, context)
  } catch (error) {
    if (error !== mismatch) throw error
    throw explain(raw, type, {}) ?? new Error(`${shape.ref} does not decode, and nobody knows why`)
  }
  if (options.report !== undefined && context.unknown && !repeats) explain(raw, type, options)
  return decoded as Record<string, unknown>
}

/** `decode` for a kind. */
export function decodeObject(raw: unknown, shape: StructShape, options?: DecodeOptions): KubeObject {
  return decode(raw, shape, options) as KubeObject
}

/** Reports the repeated keys of a value without a type, all of them: what a custom resource's strict decoding looks for first. */
export function reportDuplicates(raw: unknown, options: DecodeOptions): void {
  if ((options.duplicates?.size ?? 0) === 0) return
  explain(raw, { shape: { kind: 'special', ref: 'interface' }, ref: 'interface' }, options)
}
