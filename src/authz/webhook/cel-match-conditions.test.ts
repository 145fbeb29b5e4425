import { describe, expect, test } from 'vitest'
import { celMatchConditions } from './cel-match-conditions.js'
import type { ReviewSpec } from './review.js'

const compiler = celMatchConditions()

const pods: ReviewSpec = {
  user: 'jane',
  groups: ['dev'],
  extra: { 'a/b': ['x'] },
  resourceAttributes: {
    namespace: 'kube-system',
    verb: 'list',
    version: 'v1',
    resource: 'pods',
    labelSelector: { requirements: [{ key: 'a', operator: 'Exists' }] },
  },
}
const path: ReviewSpec = { user: 'jane', nonResourceAttributes: { path: '/version', verb: 'get' } }

const cases: readonly [expression: string, onPods: boolean | string, onPath: boolean | string][] = [
  ["request.user == 'jane'", true, true],
  ["'dev' in request.groups", true, false],
  ["request.uid == ''", true, true],
  ['has(request.resourceAttributes)', true, false],
  ["has(request.resourceAttributes) && request.resourceAttributes.namespace == 'kube-system'", true, false],
  ["request.resourceAttributes.group == ''", true, 'no such key: resourceAttributes'],
  ["!has(request.nonResourceAttributes) || request.nonResourceAttributes.path.startsWith('/v')", true, true],
  ["request.extra['a/b'][0] == 'x'", true, 'no such key: a/b'],
  ['!has(request.resourceAttributes) || !has(request.resourceAttributes.fieldSelector)', true, true],
  [
    'request.?resourceAttributes.labelSelector.requirements.orValue([]).exists(r, r.operator == "Exists" && r.values.size() == 0)',
    true,
    false,
  ],
]
test.each(cases)('%s', (expression, onPods, onPath) => {
  expect(compiler.problem(expression)).toBeUndefined()
  const told: string[] = []
  const matches = compiler.matcher([expression], (outcome) => told.push(outcome))!
  for (const [spec, expected] of [
    [pods, onPods],
    [path, onPath],
  ] as const) {
    const outcome = matches(spec)
    if (typeof expected === 'boolean') expect(outcome).toBe(expected)
    else
      expect((outcome as Error).message).toBe(
        `cel evaluation error: expression '${expression}' resulted in error: ${expected}`,
      )
    expect(told.pop()).toBe(outcome instanceof Error ? 'failed' : outcome ? 'matched' : 'excluded')
  }
})

test.each([
  ['request.usr == "x"', /^compilation failed: ERROR: <input>:1:8: undefined field 'usr'/],
  ['request.user', /^must evaluate to bool but got string$/],
  ['request.user ==', /^compilation failed: ERROR: <input>:1:16: Syntax error/],
  ["request.user.matches('[')", /^compilation failed: ERROR: <input>:1:22: invalid matches argument/],
])('%s does not compile', (expression, problem) => {
  expect(compiler.problem(expression)).toMatch(problem)
})

describe('several conditions', () => {
  const outcome = (...expressions: string[]) => compiler.matcher(expressions, () => {})!(path)
  const broken = "request.resourceAttributes.verb == 'x'"
  test('one that does not hold excludes, whatever is broken', () => {
    expect(outcome(broken, 'false')).toBe(false)
    expect(outcome('true', 'true')).toBe(true)
    expect(outcome('true', broken)).toBeInstanceOf(Error)
    expect((outcome(broken, `!(${broken})`) as Error).message).toMatch(
      /^\[cel evaluation error: .*, cel evaluation error: /,
    )
  })
  test('none is no matcher', () => {
    expect(compiler.matcher([], () => {})).toBeUndefined()
  })
  test('cost too much', () => {
    const list = `[${Array.from({ length: 100 }, (_, i) => i).join()}]`
    const expression = `${list}.all(a, ${list}.all(b, ${list}.all(c, ${list}.all(d, a + b + c + d >= 0))))`
    expect((outcome(expression) as Error).message).toMatch(/actual cost limit exceeded$/)
  })
})
