import { beforeAll, expect, it } from 'vitest'
import type { KubeObject } from '../../api/index.js'
import { loadExpressions } from '../../registry/index.js'
import type { ExpressionInput } from '../expressions/evaluation.js'
import { named } from '../testing.js'
import { compileValidating } from './compile.js'
import { validateOnce } from './validate-once.js'

beforeAll(() => loadExpressions())

const input = (object: KubeObject = named('a'), more: Partial<ExpressionInput> = {}): ExpressionInput => ({
  object,
  oldObject: undefined,
  params: undefined,
  namespace: undefined,
  request: () => ({ operation: 'CREATE' }),
  ...more,
})
const judge = (spec: object, object?: KubeObject, ignoresFailures = false) =>
  validateOnce(compileValidating(named('policy', { spec })), input(object), ignoresFailures)
const messages = (spec: object, object?: KubeObject): (string | undefined)[] =>
  judge(spec, object).decisions.map(({ message }) => message)

it.each([
  [{ expression: 'true' }, undefined],
  [{ expression: ' false ' }, 'failed expression: false'],
  [{ expression: 'false', message: ' told ' }, 'told'],
  [{ expression: 'false', message: 'told', messageExpression: "'not ' + object.metadata.name" }, 'not a'],
  [{ expression: 'false', message: 'told', messageExpression: 'object.nope' }, 'told'],
  [{ expression: 'false', message: 'told', messageExpression: "'a\\nb'" }, 'told'],
  [{ expression: 'false', messageExpression: "' '" }, 'failed expression: false'],
  [{ expression: 'object.nope == 1' }, "expression 'object.nope == 1' resulted in error: no such key: nope"],
  [{ expression: 'nope' }, expect.stringMatching(/^compilation error: compilation failed: ERROR/)],
])('%j', (validation, message) => {
  expect(messages({ validations: [validation] })).toEqual([message])
})

it('asks conditions before', () => {
  const spec = (...expressions: string[]) => ({
    matchConditions: expressions.map((expression, i) => ({ name: `c${i}`, expression })),
    validations: [{ expression: 'false', message: 'no' }],
  })
  expect(judge(spec('true'))).toMatchObject({ conditions: 'met', decisions: [{ denied: true, message: 'no' }] })
  expect(judge(spec('object.nope == 1', 'false')).conditions).toBe('excluded')
  expect(judge(spec('object.nope == 1', 'true', 'object.no == 1')).decisions).toEqual([
    {
      denied: true,
      message:
        "[expression 'object.nope == 1' resulted in error: no such key: nope, expression 'object.no == 1' resulted in error: no such key: no]",
      reason: '',
    },
  ])
  expect(judge(spec('object.nope == 1'), named('a'), true).conditions).toBe('excluded')
})

it('computes variables once, and only those that are used', () => {
  const spec = {
    variables: [
      { name: 'name', expression: 'object.metadata.name' },
      { name: 'broken', expression: 'object.nope' },
      { name: 'size', expression: 'variables.name.size()' },
    ],
    validations: [
      { expression: 'variables.size == 1' },
      { expression: "variables.broken == 'x'" },
      { expression: "object.metadata.name == 'a' || variables.broken == 'x'" },
    ],
  }
  expect(messages(spec)).toEqual([
    undefined,
    `expression 'variables.broken == 'x'' resulted in error: composited variable "broken" fails to evaluate: no such key: nope`,
    undefined,
  ])
})

it('gives up when the budget is spent, or when one expression takes too much of it', () => {
  const listOf = (size: number) => named('a', { list: Array.from({ length: size }, (_, i) => i) })
  const costly = { expression: 'object.list.all(a, object.list.all(b, a + b >= 0))' }
  expect(messages({ validations: [costly] }, listOf(2_000))).toEqual([
    `expression '${costly.expression}' resulted in error: operation cancelled: actual cost limit exceeded`,
  ])
  const many = Array.from({ length: 40 }, () => costly)
  expect(messages({ validations: many }, listOf(300))).toEqual([
    'validation failed due to running out of cost budget, no further validation rules will be run',
  ])
})

it('annotates with what is text', () => {
  const spec = {
    validations: [{ expression: 'true' }],
    auditAnnotations: [
      { key: 'name', valueExpression: "' ' + object.metadata.name" },
      { key: 'none', valueExpression: 'null' },
      { key: 'empty', valueExpression: "' '" },
      { key: 'broken', valueExpression: "object.nope + ''" },
    ],
  }
  expect(judge(spec).annotations).toEqual([
    { key: 'name', value: 'a' },
    { key: 'broken', error: "expression 'object.nope + ''' resulted in error: no such key: nope" },
  ])
})
