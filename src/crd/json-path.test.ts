import { describe, expect, test } from 'vitest'
import { compileJsonPath } from '../api/index.js'
import { customColumns } from './columns.js'

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
    html: { a: '<b>' },
    huge: 1e21,
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
    ['.spec.n ', [12.75]],
    ['$.spec.n', [12.75]],
    ['.spec.l[]', ['p']],
    ['.spec.l[0,1]', ['p', 'q']],
    ['.spec.l[::2]', ['p']],
    ['.spec.l[-1:]', ['q']],
    ["['spec.o.x']", ['y']],
    ['.spec.ls[?($.k=="two")].v', [2]],
    ['.spec.ls[?(@.w)].v', []],
    ['.spec.nothing', [null]],
    ['.spec.n}{.spec.o}', [12.75]],
    ['.constructor', []],
  ]
  for (const [path, want] of rows) test(path, () => expect(compileJsonPath(path)(object)).toEqual(want))
  test('an index that is not there fails', () =>
    expect(() => compileJsonPath('.spec.l[5]')(object)).toThrow('out of bounds'))
  for (const path of ['.spec["n"]', '..*', '.spec[x]', '.spec\n', '.spec.ls[?(@.k', '-x'])
    test(`${path} is no path`, () => expect(() => compileJsonPath(path)).toThrow())
  for (const path of ['spec.n', '.spec.n[0]', '.spec.o[?(@.x)]', '.spec.ls[?(@.v=="1")].k', '.spec.l[2:1]'])
    test(`${path} fails`, () => expect(() => compileJsonPath(path)(object)).toThrow())
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
    ['string', '.spec.html', '{"a":"\\u003cb\\u003e"}'],
    ['integer', '.spec.huge', -(2 ** 63)],
  ]
  for (const [type, path, want] of rows) test(`${type} ${path}`, () => expect(cell(type, path)).toEqual(want))
  test('without any there is the age', () =>
    expect(customColumns(undefined).definitions.map(({ name }) => name)).toEqual(['Name', 'Age']))
})
