import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Environment } from '../environment.js'
import { kubernetesLibraries } from '../library/kubernetes.js'
import { unlimited } from '../ranges.js'
import { toJson } from '../testing/json.js'
import recorded from '../testing/schema-answers.json' with { type: 'json' }
import type { DeclaredSchema } from './declared-schema.js'
import { escapeProperty, unescapeProperty } from './escape.js'
import { SchemaType, schemaTypes } from './schema-type.js'
import { maxCardinality, schemaSizes } from './sizes.js'

interface Answer {
  readonly expr: string
  readonly issues?: string
  readonly estimate?: readonly string[]
  readonly error?: string
  readonly cost?: number
  readonly value?: unknown
}

const environmentOf = (root: SchemaType) =>
  new Environment({ libraries: kubernetesLibraries(), variables: { self: root.type }, types: schemaTypes(root) })

const rootOf = (schema: DeclaredSchema) => SchemaType.of(schema, 'selfType', true)!

describe('typed resources, as cel-go and apiserver answer', () => {
  const root = rootOf(recorded.schema as DeclaredSchema)
  const environment = environmentOf(root)
  const self = root.read(recorded.value)
  for (const answer of recorded.answers as readonly Answer[]) {
    test(answer.expr, () => {
      const { expr, estimate, value } = answer
      const { compiled, issues } = environment.compile(expr)
      if (compiled === undefined) return expect({ expr, issues: String(issues) }).toEqual(answer)
      const { min, max } = compiled.estimateCost(schemaSizes(root))
      const shown = [min, max].map((n, i) => (Number(estimate?.[i]) === n ? estimate![i]! : String(n)))
      const got = compiled.program().evaluate({ self })
      const result =
        got.error !== undefined
          ? { error: got.error.message }
          : { cost: got.cost, ...(value === undefined ? {} : { value: toJson(got.value) }) }
      expect({ expr, estimate: shown, ...result }).toEqual(answer)
    })
  }
})

test('sizes are bounded by the schema, or by the largest request', () => {
  const type = (schema: DeclaredSchema) => rootOf({ type: 'object', properties: { x: schema } }).field('x')!.declared
  expect(type({ type: 'string', maxLength: 10 }).maxElements).toBe(40)
  expect(type({ type: 'string' }).maxElements).toBe(3_145_726)
  expect(type({ type: 'array', items: { type: 'integer' } }).maxElements).toBe(1_572_863)
  expect(type({ type: 'array', maxItems: 7, items: { type: 'integer' } }).maxElements).toBe(7)
  expect(type({ type: 'object', additionalProperties: { type: 'boolean' } }).maxElements).toBe(314_572)
  expect(maxCardinality(2)).toBe(1_048_576)
})

test('a list without a bound makes a nested rule cost more than anything', () => {
  const items = { type: 'array', items: { type: 'string' } }
  const root = rootOf({ type: 'object', properties: { a: items } })
  const { compiled } = environmentOf(root).compile('self.a.all(x, self.a.all(y, x.matches(y)))')
  expect(compiled!.estimateCost(schemaSizes(root)).max).toBe(unlimited)
})

test('what has no type is not there', () => {
  const root = rootOf({ type: 'object', properties: { u: { 'x-kubernetes-preserve-unknown-fields': true } } })
  expect(String(environmentOf(root).compile('self.u').issues)).toContain("undefined field 'u'")
  expect(SchemaType.of({ type: 'array' }, 't', false)).toBeUndefined()
  expect(SchemaType.of({ type: 'object', additionalProperties: {} }, 't', false)).toBeUndefined()
})

test('data that does not fit is an error, not a wrong answer', () => {
  const root = rootOf({
    type: 'object',
    properties: { n: { type: 'number' }, t: { type: 'string', format: 'date-time' } },
  })
  const evaluate = (text: string, json: object) =>
    environmentOf(root)
      .compile(text)
      .compiled!.program()
      .evaluate({ self: root.read(json) }).error?.message
  expect(evaluate('self.n > 1.0', { n: 'x' })).toBe('invalid data, expected float, got string')
  expect(evaluate('self.t == self.t', { t: 'x' })).toContain('Invalid date-time formatted string x')
  expect(() => root.read([])).toThrow()
})

test('properties named like what every object inherits', () => {
  const properties = JSON.parse('{"constructor":{"type":"string"},"__proto__":{"type":"string"}}') as Record<
    string,
    DeclaredSchema
  >
  const root = rootOf({ type: 'object', properties })
  const evaluate = (text: string, json: string) =>
    environmentOf(root)
      .compile(text)
      .compiled!.program()
      .evaluate({ self: root.read(JSON.parse(json)) }).value
  const names = 'has(self.constructor) || has(self.__underscores__proto__underscores__)'
  expect(evaluate(names, '{}')).toBe(false)
  expect(evaluate(names, '{"__proto__":"x"}')).toBe(true)
  expect(evaluate('self.constructor', '{"constructor":"c"}')).toBe('c')
})

test('escaping can be undone', () => {
  const name = fc.stringMatching(/^[A-Za-z_./-][A-Za-z0-9_./-]{0,12}$/)
  fc.assert(
    fc.property(name, (property) => {
      const escaped = escapeProperty(property)!
      expect(escaped).toMatch(/^[A-Za-z_][A-Za-z0-9_]*$/)
      expect(unescapeProperty(escaped)).toBe(property)
    }),
  )
  expect(escapeProperty('x y')).toBeUndefined()
  expect(escapeProperty('1a')).toBeUndefined()
  expect(escapeProperty('namespace')).toBe('__namespace__')
})
