import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeObject,
  facts,
  factsIndex,
  type KubeObject,
  normalizeStored,
  type StructShape,
  shapeOf,
} from '../../api/index.js'
import { stringifyJson } from '../json/encode.js'
import { decodeProtobuf } from './body.js'
import { writeMessage } from './encode.js'
import { encodeMessage, encodeProtobuf, kindType } from './envelope.js'
import { messageType } from './message-type.js'
import { randomObject, randomOf } from './random-object.js'
import { Writer } from './writer.js'

interface Kind {
  readonly kind: string
  readonly apiVersion: string
  readonly shape: StructShape
}

const kinds: readonly Kind[] = factsIndex().groupVersions.flatMap(({ group, version, name }) => {
  const file = facts(name)
  return Object.entries(file.kinds).flatMap(([kind, { list }]) =>
    [kind, ...(list === undefined ? [] : [list])].flatMap((named): Kind[] => {
      const type = kindType(group, version, named)
      if (type === undefined || !type.isMarshalable || !type.hasTypeMeta) return []
      const apiVersion = group === '' ? version : `${group}/${version}`
      return [{ kind: named, apiVersion, shape: shapeOf(type.ref) as StructShape }]
    }),
  )
})

test('most kinds have a form in protobuf', () => {
  expect(kinds.length).toBeGreaterThan(200)
})

describe('JSON, protobuf and JSON again', () => {
  test.each(kinds)('$apiVersion $kind', ({ kind, apiVersion, shape }) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const raw = { ...randomObject(shape, randomOf(seed)), kind, apiVersion }
        const object = normalizeStored(decodeObject(raw, shape) as KubeObject, shape)
        const bytes = encodeProtobuf(object)
        const again = decodeProtobuf(bytes)
        expect(stringifyJson(again)).toBe(stringifyJson(sorted(object, again)))
        expect(encodeProtobuf(again).equals(bytes)).toBe(true)
      }),
      { numRuns: 15 },
    )
  })
})

test('what is written does not depend on where buffers end', () => {
  const shape = shapeOf('core.v1.Pod') as StructShape
  const object = decodeObject(randomObject(shape, randomOf(7)), shape) as unknown as Record<string, unknown>
  const bytes = encodeMessage('core.v1.Pod', object)
  for (let size = 256; size < 1280; size++) {
    const writer = new Writer(size)
    writeMessage(writer, messageType('core.v1.Pod'), object)
    expect(writer.copy().equals(bytes)).toBe(true)
  }
})

/** Maps come back in the order of their keys: the object in the order of its copy, which is what is to be compared. */
function sorted(object: unknown, like: unknown): unknown {
  if (typeof object !== 'object' || object === null || typeof like !== 'object' || like === null) return object
  if (Array.isArray(object)) return object.map((item, i) => sorted(item, (like as unknown[])[i]))
  const from = object as Record<string, unknown>
  const order = like as Record<string, unknown>
  const missing = Object.keys(from).filter((key) => !Object.hasOwn(order, key))
  const keys = [...Object.keys(order).filter((key) => Object.hasOwn(from, key)), ...missing]
  return Object.fromEntries(keys.map((key) => [key, sorted(from[key], order[key])]))
}
