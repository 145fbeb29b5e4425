import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Environment } from './environment.js'
import { kubernetesLibraries } from './library/kubernetes.js'
import answers from './testing/answers.json' with { type: 'json' }
import { toJson } from './testing/json.js'
import { listOf, mapOf, types } from './types.js'
import { int, Uint, type Value } from './values.js'

interface Answer {
  readonly expr: string
  readonly issues?: string
  readonly type?: string
  readonly estimate?: readonly [min: string, max: string]
  readonly constantError?: string
  readonly error?: string
  readonly cost?: number
  readonly value?: unknown
}

const environment = new Environment({
  libraries: kubernetesLibraries(),
  variables: {
    i: types.int,
    u: types.uint,
    d: types.double,
    s: types.string,
    b: types.bool,
    x: types.dyn,
    y: types.dyn,
    li: listOf(types.int),
    ls: listOf(types.string),
    m: mapOf(types.string, types.int),
    md: mapOf(types.string, types.dyn),
  },
})

const activation = {
  i: 5,
  u: new Uint(7n),
  d: 2.5,
  s: 'hello',
  b: true,
  x: { a: 1, l: [1, 'two', 3.5], n: null },
  y: 3,
  li: [1, 2, 3],
  ls: ['a', 'b', 'c'],
  m: { a: 1, b: 2 },
  md: { a: 1, b: 'x', c: { d: 2 } },
}

const compiled = (text: string) => {
  const { compiled, issues } = environment.compile(text)
  if (compiled === undefined) throw new Error(String(issues))
  return compiled
}
const evaluate = (text: string, vars: Record<string, Value> = activation, budget?: number) =>
  compiled(text)
    .program()
    .evaluate(vars, budget === undefined ? {} : { budget })

describe('answers as cel-go gives them', () => {
  for (const answer of answers as readonly Answer[]) {
    test(answer.expr, () => expect(answerTo(answer)).toEqual(answer))
  }
})

function answerTo({ expr, value, type, estimate }: Answer): Answer {
  const { compiled, issues } = environment.compile(expr)
  if (compiled === undefined) return { expr, issues: String(issues) }
  const { min, max } = compiled.estimateCost()
  const same = (wanted: string, got: number) => (Number(wanted) === got ? wanted : String(got))
  const head = { expr, type: type!, estimate: [same(estimate![0], min), same(estimate![1], max)] as const }
  let program: ReturnType<typeof compiled.program>
  try {
    program = compiled.program()
  } catch (error) {
    return { ...head, constantError: (error as Error).message }
  }
  const got = program.evaluate(activation)
  if (got.error !== undefined) return { ...head, error: got.error.message }
  return { ...head, cost: got.cost, ...(value === undefined ? {} : { value: toJson(got.value) }) }
}

describe('limits', () => {
  test('an expression has at most 100,000 characters', () => {
    const { issues } = environment.compile(`'${'x'.repeat(100_000)}'`)
    expect(String(issues)).toBe(
      'ERROR: <input>:-1:0: expression code point size exceeds limit: size: 100002, limit 100000',
    )
    expect(environment.compile(`'${'😀'.repeat(60_000)}'`).issues).toBeUndefined()
  })

  test.each([
    ['('.repeat(300) + ')'.repeat(300)],
    [`i${' + i'.repeat(300)}`],
    [`x${'.a'.repeat(300)}`],
    ['['.repeat(100_000)],
    ['{'.repeat(99_999)],
    ['b ? 1 : '.repeat(300)],
  ])('rules are not nested too deeply: %.12s...', (text) => {
    const { issues } = environment.compile(text)
    expect(String(issues)).toContain('ERROR: <input>:-1:0: expression recursion limit exceeded: 250')
  })

  test('long chains of && are not deep', () => {
    expect(evaluate(`b${' && b'.repeat(5_000)}`).value).toBe(true)
  })

  test('macros that double what they are given do not grow without end', () => {
    expect(String(environment.compile(`x.?a${'.optMap(v, v)'.repeat(100)}`).issues)).toContain('limit exceeded')
  })

  test('evaluation stops when the budget is spent', () => {
    const bomb = `li.map(a, li.map(b, li.map(c, li.map(d, li.map(e, li.map(f, li.map(g, 'x')))))))`
    const many = { ...activation, li: Array.from({ length: 100 }, (_, i) => i) }
    const { error, cost } = evaluate(bomb, many, 100_000)
    expect(error).toEqual({ message: 'operation cancelled: actual cost limit exceeded', reason: 'budget' })
    expect(cost).toBeLessThan(101_000)
    // No operator absorbs it.
    expect(evaluate(`b || ${bomb}.size() > 0`, many, 100_000).value).toBe(true)
    expect(evaluate(`${bomb}.size() > 0 || b`, many, 100_000).error?.reason).toBe('budget')
  })

  test('the budget itself may be spent', () => {
    expect(evaluate('li.all(k, k > 0)', activation, 17).value).toBe(true)
    expect(evaluate('li.all(k, k > 0)', activation, 16).error?.reason).toBe('budget')
  })

  test('types do not grow without end', () => {
    let text = '1'
    for (let i = 0; i < 60; i++) text = `[${text}].map(x, {x: x})[0]`
    expect(String(environment.compile(text).issues)).toContain('too complex')
    expect(environment.compile(`[${'[], '.repeat(20_000)}[1]]`).issues).toBeUndefined()
  })

  test('what the cost model prices at 1 does not hold the event loop', () => {
    const long = {
      ...activation,
      s: 'x'.repeat(3_000_000),
      m: Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => [i, i])),
    }
    const thousand = { ...long, li: Array.from({ length: 100_000 }, (_, i) => i) }
    for (const text of ['li.all(i, size(s) > 0)', 'li.all(i, size(m) > 0)', 'li.all(i, size(li + li) > 0)']) {
      const started = performance.now()
      expect(evaluate(text, thousand as Record<string, Value>, 1_000_000).error?.reason).toBe('budget')
      expect(performance.now() - started).toBeLessThan(3_000)
    }
  })

  test('a list that doubles', () => {
    let text = 'li'
    for (let i = 0; i < 40; i++) text = `[${text}].map(x, x + x)[0]`
    expect(evaluate(`${text}.size() > 0`, activation, 1_000_000).error?.reason).toBe('budget')
  })

  test('evaluation stops when it is told to', () => {
    const signal = AbortSignal.abort()
    const { error } = compiled('li.all(k, k > 0)').program().evaluate(activation, { signal })
    expect(error).toEqual({ message: 'operation interrupted', reason: 'cancelled' })
  })

  test('regular expressions take linear time', () => {
    const started = performance.now()
    expect(evaluate(`'${'a'.repeat(50_000)}!'.matches('^(a+)+$')`).value).toBe(false)
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})

test('names of Object.prototype are keys like any other', () => {
  const hostile = { x: JSON.parse('{"__proto__": 1, "constructor": 2}') as Value, y: {} }
  expect(evaluate(`x.__proto__ == 1 && x['constructor'] == 2`, { ...activation, ...hostile }).value).toBe(true)
  expect(
    evaluate(`has(y.__proto__) || has(y.constructor) || 'toString' in y`, { ...activation, ...hostile }).value,
  ).toBe(false)
  expect(evaluate(`{'__proto__': 1}['__proto__'] == 1 && size({'__proto__': 1}) == 1`).value).toBe(true)
})

test('versions: what new expressions may use against what is stored', () => {
  const library = { name: 'test', functions: [], constants: [{ name: 'recent', type: types.int, value: 1 }], since: 40 }
  const at = (version?: number) =>
    new Environment({ libraries: [library], ...(version === undefined ? {} : { version }) })
  expect(String(at(36).compile('recent').issues)).toContain("undeclared reference to 'recent'")
  expect(at(40).compile('recent').issues).toBeUndefined()
  expect(at().compile('recent').issues).toBeUndefined()
  expect(at(31).compile('{}.transformMap(k, v, v)').issues).toBeDefined()
})

test('which variables an expression reads', () => {
  expect(compiled('li.all(i, i > u.size() || true) && s.size() > 0'.replace('u.size()', 'y')).variables).toEqual(
    new Set(['li', 'y', 's']),
  )
})

const anyInt = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }),
  fc.bigInt({ min: -20n, max: 20n }),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n, -(2n ** 53n), 2n ** 53n - 1n),
)

describe('arithmetic of ints is that of 64 bits', () => {
  const model: Readonly<Record<string, (a: bigint, b: bigint) => bigint | undefined>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => (b === 0n ? undefined : a / b),
    '%': (a, b) => (b === 0n || (b === -1n && a === -(2n ** 63n)) ? undefined : a % b),
  }
  for (const [operator, of] of Object.entries(model)) {
    test(operator, () => {
      const program = new Environment({ variables: { a: types.int, b: types.int } })
        .compile(`a ${operator} b`)
        .compiled!.program()
      fc.assert(
        fc.property(anyInt, anyInt, (a, b) => {
          const exact = of(a, b)
          const fits = exact !== undefined && exact >= -(2n ** 63n) && exact < 2n ** 63n
          const got = program.evaluate({ a: int(a), b: int(b) })
          if (!fits) expect(got.error).toBeDefined()
          else expect(got.value).toBe(int(exact))
        }),
      )
    })
  }
})

test('order of ints, uints and doubles is one order', () => {
  const program = new Environment({ variables: { a: types.dyn, b: types.dyn } })
    .compile('[a < b, a <= b, a == b, a >= b, a > b]')
    .compiled!.program()
  const number = fc.oneof(
    anyInt.map((v): Value => int(v)),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((v): Value => new Uint(v)),
    fc.double({ noNaN: true }),
  )
  fc.assert(
    fc.property(number, number, (a, b) => {
      const there = program.evaluate({ a, b }).value as boolean[]
      const back = program.evaluate({ a: b, b: a }).value as boolean[]
      expect(back).toEqual([...there].reverse())
      expect([there[0], there[2], there[4]].filter(Boolean)).toHaveLength(1)
      expect(there[1]).toBe(there[0]! || there[2]!)
    }),
  )
})
