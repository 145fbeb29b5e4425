import { describe, expect, test } from 'vitest'
import { customColumns } from './columns.js'
import { compileJsonPath } from './json-path.js'

const object = {
  metadata: { name: 'a', creationTimestamp: '2026-01-01T00:00:00Z', labels: { 'app.kubernetes.io/name': 'nm' } },
  spec: {
    l: ['p', 'q'],
    ls: [
      { k: 'one', v: 1 },
      { k: 'two', v: 2 },
    ],
    n: 12.75,
    o: { x: 'y' },
    nothing: null,
  },
}

describe('paths', () => {
  const rows: [path: string, want: unknown[]][] = [
    ['.spec.n', [12.75]],
    ['.spec.l', [['p', 'q']]],
    ['.spec.l[0]', ['p']],
    ['.spec.l[-1]', ['q']],
    ['.spec.l[*]', ['p', 'q']],
    ['.spec.l[0:1]', ['p']],
    ['.spec.ls[?(@.k=="two")].v', [2]],
    ['.spec.ls[?(@.v>1)].k', ['two']],
    ['.metadata.labels.app\\.kubernetes\\.io/name', ['nm']],
    ["['spec']['o']['x']", ['y']],
    ['..x', ['y']],
    ['.status.nope.deeper', []],
    ['.constructor', []],
  ]
  for (const [path, want] of rows) test(path, () => expect(compileJsonPath(path)(object)).toEqual(want))
  test('an index that is not there fails', () =>
    expect(() => compileJsonPath('.spec.l[5]')(object)).toThrow('out of bounds'))
  test('an open bracket is no path', () => expect(() => compileJsonPath('.spec[')).toThrow('unterminated'))
})

describe('columns', () => {
  const cell = (type: string, jsonPath: string): unknown =>
    customColumns([{ name: 'C', type, jsonPath }]).cells(object as never, {
      now: Date.parse('2026-01-01T00:02:00Z'),
    })[1]
  const rows: [type: string, path: string, want: unknown][] = [
    ['string', '.spec.n', '12.75'],
    ['string', '.spec.l', '["p","q"]'],
    ['string', '.spec.o', '{"x":"y"}'],
    ['integer', '.spec.n', 12],
    ['integer', '.spec.l', null],
    ['number', '.spec.n', 12.75],
    ['boolean', '.spec.n', null],
    ['date', '.metadata.creationTimestamp', '2m'],
    ['date', '.metadata.name', '<invalid>'],
    ['string', '.spec.l[7]', null],
  ]
  for (const [type, path, want] of rows) test(`${type} ${path}`, () => expect(cell(type, path)).toEqual(want))
  test('without any there is the age', () =>
    expect(customColumns(undefined).definitions.map(({ name }) => name)).toEqual(['Name', 'Age']))
})
