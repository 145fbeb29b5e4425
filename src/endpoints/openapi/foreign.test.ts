import { expect, test } from 'vitest'
import type { Json, Swagger } from '../../aggregator/index.js'
import { foreignParts } from './foreign.js'

const ref = (name: string) => ({ $ref: `#/definitions/${name}` })
const swagger = (definitions: Record<string, Json>, paths: Record<string, Json> = {}, parameters = {}): Swagger => ({
  paths: new Map(Object.entries(paths)),
  definitions: new Map(Object.entries(definitions)),
  parameters: new Map(Object.entries(parameters)),
})
const known = (definitions: Record<string, Json>, parameters: Record<string, Json> = {}) => ({
  definitions: new Map(Object.entries(definitions)),
  parameters: new Map(Object.entries(parameters)),
})

test('what is the same but for words and kinds is there once', () => {
  const ours = { description: 'a', properties: { x: { type: 'string', description: 'b' } } }
  const theirs = { properties: { x: { type: 'string' } }, 'x-kubernetes-group-version-kind': [{ kind: 'A' }] }
  expect([...foreignParts(swagger({ A: theirs }), known({ A: ours }), 2)]).toEqual([])
})

test('a property called description counts', () => {
  const of = (type: string) => ({ properties: { description: { type } } })
  const parts = [...foreignParts(swagger({ A: of('string') }), known({ A: of('integer') }), 2)]
  expect(parts).toEqual([['definitions', 'A_v2', of('string')]])
})

test('what differs gets another name wherever it is named; the next one the next number', () => {
  const all = known({ A: { type: 'object' }, A_v2: { type: 'number' } }, { p: { in: 'query' } })
  const foreign = swagger(
    { A: { type: 'string' }, B: { properties: { a: ref('A') } } },
    { '/x': { get: { schema: ref('A'), parameters: [{ $ref: '#/parameters/p' }] } } },
    { p: { in: 'path' } },
  )
  expect([...foreignParts(foreign, all, 2)]).toEqual([
    ['definitions', 'A_v3', { type: 'string' }],
    ['definitions', 'B', { properties: { a: ref('A_v3') } }],
    ['parameters', 'p_v2', { in: 'path' }],
    ['paths', '/x', { get: { schema: ref('A_v3'), parameters: [{ $ref: '#/parameters/p_v2' }] } }],
  ])
  // The same once more: everything is there already, under its new name.
  expect([...foreignParts(swagger({ A: { type: 'string' } }), all, 2)]).toEqual([])
})
