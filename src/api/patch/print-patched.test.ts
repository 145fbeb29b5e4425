import { expect, test } from 'vitest'
import type { Json, JsonObject } from './json.js'
import { applyJsonPatch } from './json-patch.js'
import { printJsonPatched, withoutUnmatchedNulls } from './print-patched.js'

const document = { kind: 'K', apiVersion: 'v1', spec: { z: 1, a: { y: 1, b: 2 } }, list: [{ z: 1, a: 2 }] }
const after = (operations: JsonObject[]): string => {
  const opened = new WeakSet()
  return printJsonPatched(applyJsonPatch(document as unknown as Json, operations, { opened }), opened)
}

test.each<[string, JsonObject[], string]>([
  [
    'the root is always opened',
    [],
    '{"apiVersion":"v1","kind":"K","list":[{"z":1,"a":2}],"spec":{"z":1,"a":{"y":1,"b":2}}}',
  ],
  [
    'what an operation goes into is sorted, its values stay as sent',
    [{ op: 'add', path: '/spec/m', value: { q: 1, c: 2 } }],
    '{"apiVersion":"v1","kind":"K","list":[{"z":1,"a":2}],"spec":{"a":{"y":1,"b":2},"m":{"q":1,"c":2},"z":1}}',
  ],
  [
    'a copy of what nobody went into stays in order',
    [{ op: 'copy', from: '/spec/a', path: '/list' }],
    '{"apiVersion":"v1","kind":"K","list":{"y":1,"b":2},"spec":{"a":{"y":1,"b":2},"z":1}}',
  ],
  [
    'going to where the copy goes opens what is copied',
    [{ op: 'copy', from: '/spec', path: '/spec/n' }],
    '{"apiVersion":"v1","kind":"K","list":[{"z":1,"a":2}],"spec":{"a":{"y":1,"b":2},"n":{"a":{"y":1,"b":2},"z":1},"z":1}}',
  ],
])('%s', (_, operations, want) => expect(after(operations)).toBe(want))

test.each<[string, Json, Json]>([
  ['nulls of what is new', { a: { b: null, c: [{ d: null, e: 1 }] } }, { a: { c: [{ e: 1 }] } }],
  ['nulls in place of another sort', { list: { a: null } }, { list: {} }],
  [
    'nulls that may take something away',
    { kind: null, x: null, spec: { z: null } },
    { kind: null, x: null, spec: { z: null } },
  ],
  ['nulls of items stay, whichever they meet', { list: [{ q: null }] }, { list: [{ q: null }] }],
])('a strategic merge patch: %s', (_, patch, want) =>
  expect(withoutUnmatchedNulls(document as unknown as Json, patch)).toEqual(want),
)
