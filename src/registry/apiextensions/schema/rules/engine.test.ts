import { describe, expect, test } from 'vitest'
import { FieldErrors } from '../../../../api/index.js'
import type { JsonSchema, ValidationRule } from '../json-schema.js'
import { compileNode } from '../node.js'
import { createRuleEngine } from './engine.js'

const engine = createRuleEngine()
const told = (errors: FieldErrors) => errors.list.map(({ field, message }) => `${field}: ${message}`)

type Rule = string | ValidationRule
const rules = (...given: Rule[]): JsonSchema => ({
  'x-kubernetes-validations': given.map((rule) => (typeof rule === 'string' ? { rule } : rule)),
})
const object = (properties: Record<string, JsonSchema>, more: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  properties,
  ...more,
})

const int: JsonSchema = { type: 'integer' }
const text: JsonSchema = { type: 'string', maxLength: 20 }

function check(schema: JsonSchema, old: JsonSchema[] = [], sameAsBefore = false): string[] {
  const errors = new FieldErrors()
  engine.check(schema, 'schema', errors, { old, sameAsBefore, wrong: new Set() })
  return told(errors)
}

test('new expressions are held to the release that has to understand them, stored ones are not', () => {
  const schema = object({ a: int }, rules('[self.a].distinct().size() == 1'))
  const wrong = (old: JsonSchema[], compatibleMinor: number): number => {
    const errors = new FieldErrors()
    engine.check(schema, 'schema', errors, { old, sameAsBefore: false, wrong: new Set(), compatibleMinor })
    return errors.list.length
  }
  expect([wrong([], 34), wrong([], 33), wrong([schema], 33)]).toEqual([0, 1, 0])
})

function judge(schema: JsonSchema, value: unknown, old?: unknown): { errors: string[]; warnings: string[] } {
  const errors = new FieldErrors()
  const warnings: string[] = []
  const warn = (warning: string) => warnings.push(warning)
  const compiled = engine.compile(compileNode(schema), true)
  compiled?.judgeAtOnce({ value, old, path: '', errors, correlated: old !== undefined, warn })
  return { errors: told(errors), warnings }
}

const at = (path: string) => `${path}.x-kubernetes-validations[0]`

describe('definitions', () => {
  test.each<[string, JsonSchema, string[]]>([
    ['a good one', object({ a: int }, rules('self.a > 0')), []],
    ['no rule to speak of', object({ a: int }), []],
    [
      'an unknown field',
      object({ a: int }, rules('self.b > 0')),
      [
        `${at('schema')}.rule: Invalid value: {"rule":"self.b \\u003e 0"}: compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b > 0\n | ....^`,
      ],
    ],
    [
      'no bool',
      object({ a: int }, rules('self.a')),
      [`${at('schema')}.rule: Invalid value: {"rule":"self.a"}: cel expression must evaluate to a bool`],
    ],
    [
      'a message that is no text',
      object({ a: int }, rules({ rule: 'self.a > 0', messageExpression: 'self.a' })),
      [
        `${at('schema')}.messageExpression: Invalid value: {"rule":"self.a \\u003e 0","messageExpression":"self.a"}: messageExpression must evaluate to a string`,
      ],
    ],
    [
      'an old value where items cannot be told apart',
      object({ l: { type: 'array', maxItems: 5, items: object({ a: int }, rules('self.a >= oldSelf.a')) } }),
      [
        `${at('schema.properties[l].items')}.rule: Invalid value: "self.a >= oldSelf.a": oldSelf cannot be used on the uncorrelatable portion of the schema within schema.properties[l]`,
      ],
    ],
    [
      'an optional old value that is not used',
      object({ a: int }, rules({ rule: 'self.a > 0', optionalOldSelf: true })),
      [`${at('schema')}.optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule`],
    ],
    [
      'what has no type',
      object({ a: { 'x-kubernetes-preserve-unknown-fields': true, ...rules('self == 1') } }),
      [
        'schema.properties[a].x-kubernetes-validations: Internal error: internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations',
      ],
    ],
  ])('%s', (_, schema, errors) => {
    expect(check(schema)).toEqual(errors)
  })

  const quadratic = (maxItems: number) =>
    object({ l: { type: 'array', maxItems, items: int } }, rules('self.l.all(x, self.l.all(y, x <= y || y <= x))'))

  test('costs are told by how much they are too high', () => {
    expect(check(quadratic(1000))).toEqual([])
    const [error] = check(quadratic(2000))
    expect(error).toContain('rule: Forbidden: estimated rule cost exceeds budget by factor of 3.6x (try simplifying')
    expect(check(quadratic(100_000))[0]).toContain('by factor of more than 100x')
  })

  test('a schema that has not changed keeps the costs of its rules, up to those of the whole', () => {
    expect(check(quadratic(2000), [quadratic(2000)], true)).toEqual([])
    const [most, whole] = check(quadratic(20_000), [quadratic(20_000)], true)
    expect(most).toContain('rule: Forbidden: contributed to estimated rule cost total exceeding cost limit')
    expect(whole).toMatch(/^schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3/)
  })

  test('bounds above multiply costs', () => {
    const within = (maxItems: number) => ({
      type: 'array',
      maxItems,
      items: { ...text, ...rules('self.contains(self)') },
    })
    expect(check(object({ l: within(1000) }))).toEqual([])
    expect(check(object({ l: within(1_000_000) }))[0]).toContain('exceeds budget')
  })

  test('rules that were compiled ahead are told the same', async () => {
    const schema = object({ a: int }, rules('self.b > 0', 'self.a > 0'))
    await engine.prepare([schema], [])
    expect(check(schema)).toEqual(check(structuredClone(schema)))
  })
})

describe('objects', () => {
  test.each<[string, JsonSchema, unknown, string[]]>([
    [
      'a value',
      object({ a: { ...int, ...rules('self > 5') } }),
      { a: 1 },
      ['a: Invalid value: 1: failed rule: self > 5'],
    ],
    [
      'a whole object',
      object({ a: int }, rules('self.a > 5')),
      { a: 1 },
      ['<nil>: Invalid value: failed rule: self.a > 5'],
    ],
    [
      'a reason, a path and a message',
      object(
        { a: int },
        rules({ rule: 'self.a > 5', reason: 'FieldValueRequired', fieldPath: '.a', message: ' six ' }),
      ),
      { a: 1 },
      ['a: Required value: six'],
    ],
    [
      'a message expression',
      object({ a: { ...int, ...rules({ rule: 'self > 5', messageExpression: "'got ' + string(self)" }) } }),
      { a: 1 },
      ['a: Invalid value: 1: got 1'],
    ],
    [
      'a message expression that fails',
      object({ a: { ...int, ...rules({ rule: 'self > 5', messageExpression: 'string(1 / (self - 1))' }) } }),
      { a: 1 },
      ['a: Invalid value: 1: failed rule: self > 5'],
    ],
    [
      'an error',
      object({ a: int }, rules('self.a > 5')),
      {},
      ['<nil>: Invalid value: "object": no such key: a evaluating rule: self.a > 5'],
    ],
    ['what is not there', object({ a: { ...int, ...rules('self > 5') } }), { a: null }, []],
    [
      'items and members',
      object({
        l: { type: 'array', items: { ...int, ...rules('self > 5') } },
        m: { type: 'object', additionalProperties: { ...int, ...rules('self > 5') } },
      }),
      { l: [9, 1], m: { x: 1 } },
      ['l[1]: Invalid value: 1: failed rule: self > 5', 'm[x]: Invalid value: 1: failed rule: self > 5'],
    ],
    [
      'an int or a string',
      object({ a: { 'x-kubernetes-int-or-string': true, ...rules('self > 5') } }),
      { a: 'x' },
      [
        `a: Invalid value: "": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: self > 5`,
      ],
    ],
    [
      'metadata of the whole',
      object({}, rules("self.metadata.name.startsWith('a')")),
      { metadata: { name: 'b' } },
      ["<nil>: Invalid value: failed rule: self.metadata.name.startsWith('a')"],
    ],
  ])('%s', (_, schema, value, errors) => {
    expect(judge(schema, value).errors).toEqual(errors)
  })

  test('rules about a change are asked only where there is one', () => {
    const schema = object({ a: { ...int, ...rules('self >= oldSelf') } })
    expect(judge(schema, { a: 1 }).errors).toEqual([])
    expect(judge(schema, { a: 1 }, {}).errors).toEqual([])
    expect(judge(schema, { a: 1 }, { a: 2 }).errors).toEqual(['a: Invalid value: 1: failed rule: self >= oldSelf'])
  })

  test('items of map lists are matched by key', () => {
    const items = object({ k: text, v: { ...int, ...rules('self >= oldSelf') } })
    const list = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] } as const
    const schema = object({ l: { type: 'array', items, ...list } })
    const old = {
      l: [
        { k: 'a', v: 5 },
        { k: 'b', v: 5 },
      ],
    }
    const now = {
      l: [
        { k: 'b', v: 5 },
        { k: 'a', v: 4 },
        { k: 'c', v: 0 },
      ],
    }
    expect(judge(schema, now, old).errors).toEqual(['l[1].v: Invalid value: 4: failed rule: self >= oldSelf'])
  })

  test('what was wrong before and is as it was is warned of', () => {
    const schema = object({ a: { ...int, ...rules('self > 5') }, b: int })
    const warning = 'a: Invalid value: 1: failed rule: self > 5'
    expect(judge(schema, { a: 1, b: 2 }, { a: 1 })).toEqual({ errors: [], warnings: [warning] })
    expect(judge(schema, { a: 2 }, { a: 1 }).errors).toHaveLength(1)
  })

  test('all rules of an object share a budget', () => {
    const costly = { type: 'array', items: int, ...rules('self.all(x, self.all(y, x + y >= 0))') } as JsonSchema
    const names = Array.from({ length: 20 }, (_, i) => `l${i}`)
    const schema = object(Object.fromEntries(names.map((name) => [name, costly])))
    const list = Array.from({ length: 340 }, () => 1)
    const { errors } = judge(schema, Object.fromEntries(names.map((name) => [name, list])))
    expect(errors).toHaveLength(1)
    expect(errors[0]).toContain('running out of cost budget, no further validation rules will be run')
    const one = judge(schema, { l0: Array.from({ length: 2000 }, () => 1) })
    expect(one.errors[0]).toContain("'operation cancelled: actual cost limit exceeded': no further validation rules")
  })

  test('work that takes long lets others have their turn', async () => {
    const costly = { type: 'array', items: int, ...rules('self.all(x, self.all(y, x + y >= 0))') } as JsonSchema
    const names = Array.from({ length: 12 }, (_, i) => `l${i}`)
    const schema = object(Object.fromEntries(names.map((name) => [name, costly])))
    const list = Array.from({ length: 300 }, () => 1)
    const errors = new FieldErrors()
    const value = Object.fromEntries(names.map((name) => [name, list]))
    const judging = engine.compile(compileNode(schema), true)!.judge({
      value,
      old: undefined,
      path: '',
      errors,
      correlated: false,
    })
    let turns = 0
    let done = false
    const others = (async () => {
      while (!done) {
        await new Promise((resolve) => setImmediate(resolve))
        turns++
      }
    })()
    await judging
    done = true
    await others
    expect([errors.empty, turns > 1]).toEqual([true, true])
  })

  test('schemas that are alike share what is compiled', () => {
    const shared = new Map<string, unknown>()
    for (let i = 0; i < 2; i++) {
      const compiled = engine.compile(compileNode(object({ a: int }, rules('self.a > 0'))), true, shared)
      compiled!.judgeAtOnce({ value: { a: 1 }, old: undefined, path: '', errors: new FieldErrors(), correlated: false })
    }
    expect(shared.size).toBe(1)
  })
})
