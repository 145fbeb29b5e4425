import type { FieldShape, KubeObject, StructShape } from '../api/index.js'
import { put } from './values.js'

/**
 * A new object of a built-in kind as Go shows it before anything is set: fields that are always written are there, with their
 * zero value or null. A create is compared with it, which is why no owner has `.` of such fields.
 * @see structured-merge-diff value/structreflect.go
 */
export function emptyObject(shape: StructShape, apiVersion: string, kind: string): KubeObject {
  return { ...zeroStruct(shape), apiVersion, kind } as unknown as KubeObject
}

function zeroStruct(shape: StructShape): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const field of shape.fields) {
    const value = zeroOf(field)
    if (value !== undefined) put(out, field.json, value)
  }
  return out
}

/** Undefined: left out. A struct is never empty to `omitempty`. */
function zeroOf({ shape, facts }: FieldShape): unknown {
  if (facts.omitzero) return undefined
  const nullable = facts.pointer || shape.kind === 'list' || shape.kind === 'map' || shape.kind === 'bytes'
  if (nullable) return facts.omitempty ? undefined : null
  switch (shape.kind) {
    case 'struct':
      return zeroStruct(shape)
    case 'special':
      return specialZeros[shape.ref] ?? (shape.ref === 'interface' && facts.omitempty ? undefined : null)
    case 'string':
      return facts.omitempty ? undefined : ''
    case 'bool':
      return facts.omitempty ? undefined : false
    default:
      return facts.omitempty ? undefined : 0
  }
}

const specialZeros: Readonly<Record<string, unknown>> = {
  'resource.Quantity': '0',
  'intstr.IntOrString': 0,
  'meta.v1.Duration': '0s',
}
