import { expect, test } from 'vitest'
import { StrictErrors, structShape } from '../api/index.js'
import { decodePatchedObject, patchedType } from './decode-patched.js'

const expected = { group: '', version: 'v1', kind: 'ConfigMap' }
const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' }, data: { b: 'c' } }

test.each<[string, unknown, string]>([
  ['no kind', { ...object, kind: '' }, 'v1 a'],
  ['a slash before the version', { ...object, apiVersion: '/v1' }, 'v1 a'],
  ['no version: the internal type', { ...object, apiVersion: '' }, 'v1  unknown field "data",unknown field "metadata"'],
  ['no version of another group', { ...object, apiVersion: 'apps/' }, "Object 'apiVersion' is missing in '{}'"],
  ['neither', { metadata: {} }, 'v1  unknown field "metadata"'],
  [
    'another case',
    { Kind: 'Nope', apiVersion: 'v1' },
    'no kind "Nope" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
  ],
  ['another kind', { ...object, kind: 'Pod' }, 'converting (v1.Pod) to (core.ConfigMap): unknown conversion'],
  ['odd version', { ...object, apiVersion: 'a/b/c' }, 'unexpected GroupVersion string: a/b/c'],
  [
    'a number',
    { kind: {}, apiVersion: 5 },
    "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .apiVersion of type string",
  ],
])('%s', (_, patched, want) => {
  const report = new StrictErrors()
  const read = (): string => {
    const { object, type } = decodePatchedObject(
      patched,
      expected,
      structShape('core.v1.ConfigMap'),
      { report },
      () => '{}',
    )
    return [type.version, object.metadata.name ?? '', ...(report.list.length > 0 ? [report.list.join(',')] : [])].join(
      ' ',
    )
  }
  let found: string
  try {
    found = read()
  } catch (error) {
    found = (error as Error).message
  }
  expect(found).toBe(want)
})

test('lists say nothing', () =>
  expect(() => patchedType([])).toThrow('cannot unmarshal array into Go value of type struct'))
