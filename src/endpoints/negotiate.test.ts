import { expect, test } from 'vitest'
import type { RequestContext } from '../http/index.js'
import {
  matches,
  negotiate,
  parseAccept,
  type Representations,
  statusRepresentations,
  textRepresentations,
} from './negotiate.js'

test.each([
  ['application/json', true],
  ['application/*', true],
  ['*/*', true],
  ['*', true],
  ['text/*', false],
  ['*/json', false],
  ['application/yaml', false],
])('%s names application/json: %s', (header, expected) => {
  expect(parseAccept(header).map((clause) => matches(clause, 'application', 'json'))).toEqual([expected])
})

test('clauses come best first: by quality, then the more exact one', () => {
  const header = 'a/b;q=0.5, */*, c/*, d/e;q=0.9;g=x, f/g, broken/h/i'
  expect(parseAccept(header).map(({ type, subtype }) => `${type}/${subtype}`)).toEqual([
    'f/g',
    'd/e',
    'c/*',
    '*/*',
    'a/b',
  ])
  expect(parseAccept('x/y;q=nothing')[0]).toMatchObject({ quality: 0 })
})

const asked = (accept: string, representations: Representations): string => {
  const exchange = { headers: { accept }, query: '' }
  try {
    const { mediaType, pretty, as } = negotiate({ exchange } as unknown as RequestContext, representations)
    return [mediaType, pretty ? 'pretty' : '', as?.kind ?? ''].filter((part) => part !== '').join(' ')
  } catch (error) {
    return (error as Error).message
  }
}
const table = 'as=Table;v=v1;g=meta.k8s.io'
const three = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'

test.each([
  ['', 'application/json'],
  ['text/plain, */*;q=0', 'application/json'],
  ['application/yaml;q=x, application/json;q=0.1', 'application/json'],
  ['application/json;pretty=1', 'application/json pretty'],
  [`application/json;${table}, application/yaml`, 'application/yaml'],
  [`application/json;${table}`, `only the following media types are accepted: ${three}`],
  ['application/json;sv=v1', `only the following media types are accepted: ${three}`],
  ['application/yaml;stream=watch', `only the following media types are accepted: ${three}`],
  ['application/cbor', `only the following media types are accepted: ${three}`],
])('an error asked for as %j is %s', (accept, expected) => {
  expect(asked(accept, statusRepresentations(false))).toBe(expected)
})

test.each([
  ['text/plain', `only the following media types are accepted: ${three}, application/cbor`],
  ['text/html', `406: Not Acceptable\n\nAvailable representations: text/plain, ${three}, application/cbor`],
  ['application/json, */*', 'application/json'],
  ['application/json;sv=v1', 'application/json'],
  [`application/json;${table}, application/cbor`, 'application/cbor'],
])('text asked for as %j: %s', (accept, expected) => {
  expect(asked(accept, textRepresentations(true))).toBe(expected)
})
