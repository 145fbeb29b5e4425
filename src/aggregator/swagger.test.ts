import { expect, test } from 'vitest'
import { readSwagger } from './swagger.js'
import { swaggerV3 } from './swagger-v3.js'

const ref = (name: string) => ({ $ref: `#/definitions/${name}` })
const document = {
  swagger: '2.0',
  paths: {
    '/apis/g/v1/things': {
      parameters: [{ name: 'dry', in: 'query', type: 'string', uniqueItems: true }, { $ref: '#/parameters/shared' }],
      post: {
        operationId: 'make',
        consumes: ['b/b', 'a/a'],
        produces: ['a/a'],
        schemes: ['https'],
        parameters: [{ name: 'body', in: 'body', required: true, description: 'it', schema: ref('A') }],
        responses: { 200: { description: 'OK', schema: ref('A') }, 401: { description: 'No' } },
      },
    },
    '/apis/g/v10/things': { get: {} },
  },
  definitions: {
    A: { properties: { b: ref('x~1B') } },
    'x/B': { items: ref('A') },
    C: ref('A'),
  },
  parameters: { shared: { name: 'sort', in: 'query', type: 'integer' }, other: { name: 'o', in: 'query' } },
}
const read = (value: unknown) => readSwagger(Buffer.from(JSON.stringify(value)), '/apis/g/v1/')

test('keeps the paths below a prefix and what they refer to, in circles too', () => {
  const { paths, definitions, parameters } = read(document)
  expect([...paths.keys()]).toEqual(['/apis/g/v1/things'])
  expect([...definitions.keys()].sort()).toEqual(['A', 'x/B'])
  expect([...parameters.keys()]).toEqual(['shared'])
})

test.each([[[]], ['x'], [null]])('refuses %j', (value) => expect(() => read(value)).toThrow())

test('lives with parts that are not what they should be', () => {
  const odd = read({ paths: { '/apis/g/v1/': 7, '/apis/g/v1/a': { $ref: '#/definitions/A' } }, definitions: [] })
  expect([...odd.paths.keys()]).toEqual(['/apis/g/v1/a'])
  expect(odd.definitions.size).toBe(0)
})

test('says the same in version 3', () => {
  const { paths, definitions } = swaggerV3(read(document))
  const schema = { $ref: '#/components/schemas/A' }
  expect(paths.get('/apis/g/v1/things')).toEqual({
    parameters: [
      { name: 'dry', in: 'query', schema: { type: 'string', uniqueItems: true } },
      { name: 'sort', in: 'query', schema: { type: 'integer' } },
    ],
    post: {
      operationId: 'make',
      requestBody: { description: 'it', required: true, content: { 'a/a': { schema }, 'b/b': { schema } } },
      responses: { 200: { description: 'OK', content: { 'a/a': { schema } } }, 401: { description: 'No' } },
    },
  })
  expect(definitions.get('A')).toEqual({ properties: { b: { $ref: '#/components/schemas/x~1B' } } })
})
