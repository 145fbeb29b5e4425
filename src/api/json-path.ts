import { equalJson, isObject } from './object.js'

/** Finds the values that a path leads to; throws where upstream's evaluation fails. */
export type JsonPath = (root: unknown) => unknown[]

type Step = (values: readonly unknown[]) => unknown[]

/** No path is longer than people write; what is deeper is refused. */
const maxLength = 4096

/**
 * Compiles a JSONPath in the dialect of kubectl's: members, `['quoted']`, indexes, slices, wildcards, `..` and filters, in
 * which `$` is the item as well. Members that are not there lead nowhere. Source: client-go util/jsonpath.
 *
 * @throws Error if it is none
 */
export function compileJsonPath(text: string): JsonPath {
  if (text.length > maxLength) throw new Error('the path is too long')
  const steps = new PathParser(text).parse()
  return (root) => {
    let values: unknown[] = [root]
    for (const step of steps) values = step(values)
    return values
  }
}

/** Characters that end a name. */
const ends = new Set([' ', '\t', '\r', '\n', '.', ',', '[', ']', '$', '@', '{', '}'])
const isWordChar = (char: string | undefined): boolean => char !== undefined && /^[_\p{L}\p{Nd}]$/u.test(char)

class PathParser {
  #at = 0

  constructor(readonly text: string) {}

  parse(): Step[] {
    const { text } = this
    const steps: Step[] = []
    // What comes after a closing brace is another template.
    while (this.#at < text.length && text[this.#at] !== '}') {
      const char = text[this.#at]!
      if (text.startsWith('[?(', this.#at)) steps.push(this.#filter())
      else if (text.startsWith('..', this.#at)) {
        if (steps.at(-1) === descend) throw new Error('invalid multiple recursive descent')
        this.#at += 2
        steps.push(descend)
        if (isWordChar(text[this.#at])) steps.push(this.#member())
      } else if (char === ' ' || char === '@' || char === '$') this.#at++
      else if (char === '[') steps.push(...this.#bracket())
      else if (char === '"' || char === "'") steps.push(constant(this.#quoted(char)))
      else if (char === '.') {
        this.#at++
        steps.push(this.#member())
      } else if (/[-+\d]/.test(char)) steps.push(constant(this.#number()))
      else if (isWordChar(char)) steps.push(word(this.#name()))
      else throw new Error(`unrecognized character in action: ${char}`)
    }
    return steps
  }

  #member(): Step {
    const name = this.#name()
    return name === '*' ? wildcard : member(name.replaceAll('\\', ''))
  }

  /** Up to what ends a name, unless it is escaped. */
  #name(): string {
    const start = this.#at
    while (this.#at < this.text.length && !ends.has(this.text[this.#at]!))
      this.#at += this.text[this.#at] === '\\' ? 2 : 1
    return this.text.slice(start, this.#at)
  }

  #number(): number {
    const [found] = /^[-+]?[\d.]*/.exec(this.text.slice(this.#at))!
    this.#at += found.length
    if (!/\d/.test(found) || Number.isNaN(Number(found))) throw new Error(`cannot parse number ${found}`)
    return Number(found)
  }

  #quoted(quote: string): string {
    const start = ++this.#at
    for (; this.text[this.#at] !== quote || this.text[this.#at - 1] === '\\'; this.#at++)
      if (this.#at >= this.text.length || this.text[this.#at] === '\n') throw new Error('unterminated quoted string')
    return this.text.slice(start, this.#at++).replace(/\\(.)/gs, '$1')
  }

  #bracket(): Step[] {
    const close = this.text.indexOf(']', this.#at)
    const inner = this.text.slice(this.#at + 1, close)
    if (close < 0 || inner.includes('\n')) throw new Error('unterminated array')
    this.#at = close + 1
    const parts = inner.split(',')
    if (parts.length > 1) {
      const united = parts.map((part) => compileSteps(`[${part.replace(/^ +| +$/g, '')}]`))
      return [(values) => united.flatMap((steps) => run(steps, values))]
    }
    const [, key] = /^'([^']*)'$/.exec(inner) ?? []
    return key === undefined ? [slice(inner === '*' ? ':' : inner)] : compileSteps(`.${key}`)
  }

  #filter(): Step {
    this.#at += 3
    const start = this.#at
    let quote = ''
    let isClosed = false
    for (; ; this.#at++) {
      const char = this.text[this.#at]
      if (char === undefined || char === '\n') throw new Error('unterminated filter')
      if (char === '"' || char === "'") {
        if (quote === '') quote = char
        else if (char === quote && this.text[this.#at - 1] !== '\\') isClosed = true
      } else if (char === ')' && (quote === '' || isClosed)) break
    }
    const inner = this.text.slice(start, this.#at)
    if (this.text[this.#at + 1] !== ']') throw new Error('unclosed array expect ]')
    this.#at += 2
    const [, left, operator, right] = /^([^!<>=]+)([!<>=]+)(.+)$/.exec(inner) ?? []
    return left === undefined
      ? having(compileSteps(inner))
      : comparing(compileSteps(left), operator!, compileSteps(right!))
  }
}

const compileSteps = (text: string): Step[] => new PathParser(text).parse()

function run(steps: readonly Step[], values: readonly unknown[]): unknown[] {
  let found = [...values]
  for (const step of steps) found = step(found)
  return found
}

const constant =
  (value: unknown): Step =>
  (values) =>
    typeof value === 'string' ? [value] : values.map(() => value)

/** `true` and `false` are values, other words keywords of templates, which make no path. */
function word(name: string): Step {
  if (name === 'true' || name === 'false') return constant(name === 'true')
  return () => {
    throw new Error(`unrecognized identifier ${name}`)
  }
}

const member =
  (name: string): Step =>
  (values) =>
    values.flatMap((value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []))

const inside = (value: unknown): unknown[] =>
  typeof value === 'string'
    ? [...Buffer.from(value)]
    : Array.isArray(value)
      ? value
      : isObject(value)
        ? Object.values(value)
        : []

const wildcard: Step = (values) => values.flatMap(inside)

const descend: Step = (values) => {
  const found: unknown[] = []
  const visit = (value: unknown): void => {
    const inner = inside(value)
    if (inner.length === 0) return
    found.push(value)
    if (typeof value !== 'string') for (const each of inner) visit(each)
  }
  for (const value of values) visit(value)
  return found
}

/** `[index]` and `[from:to:step]`; nothing at all is the first item. */
function slice(text: string): Step {
  const parts = /^(-?\d*)(?::(-?\d*))?(?::(-?\d*))?$/.exec(text)
  if (parts === null || parts.includes('-')) throw new Error(`invalid array index ${text}`)
  const [from, to, by] = parts.slice(1).map((part) => (part ? Number(part) : undefined))
  const single = !text.includes(':')
  return (values) =>
    values.flatMap((value) => {
      if (value === null || value === undefined) return []
      if (!Array.isArray(value)) throw new Error('not an array or slice')
      const { length } = value
      const start = (from ?? 0) < 0 ? from! + length : (from ?? 0)
      let end = single ? (from ?? 0) + 1 : (to ?? length)
      if (end < 0 || (end === 0 && single)) end += length
      if (start === end) return []
      if (start >= length || start < 0) throw outOfBounds(start, length)
      if (end > length || end < 0) throw outOfBounds(end - 1, length)
      if (start > end) throw new Error(`starting index ${start} is greater than ending index ${end}`)
      if (by !== undefined && by <= 0) throw new Error('step must be > 0')
      const found: unknown[] = []
      for (let i = start; i < end; i += by ?? 1) found.push(value[i])
      return found
    })
}

const outOfBounds = (index: number, length: number): Error =>
  new Error(`array index out of bounds: index ${index}, length ${length}`)

function items(values: readonly unknown[]): unknown[] {
  return values.flatMap((value) => {
    if (!Array.isArray(value)) throw new Error('not an array or slice and cannot be filtered')
    return value
  })
}

const having =
  (steps: readonly Step[]): Step =>
  (values) =>
    items(values).filter((item) => {
      try {
        return run(steps, [item]).length > 0
      } catch {
        return false
      }
    })

const comparing =
  (left: readonly Step[], operator: string, right: readonly Step[]): Step =>
  (values) =>
    items(values).filter((item) => {
      const a = run(left, [item])
      if (a.length === 0) return false
      const b = run(right, [item])
      if (b.length === 0) return false
      if (a.length > 1 || b.length > 1) throw new Error('can only compare one element at a time')
      return compare(a[0], b[0], operator)
    })

/** Values of different kinds cannot be compared, and what is no scalar not at all. */
function compare(a: unknown, b: unknown, operator: string): boolean {
  const kind = kindOf(a)
  if (kind !== kindOf(b)) throw new Error('incompatible types for comparison')
  if (operator === '==') return equalJson(a, b)
  if (operator === '!=') return !equalJson(a, b)
  if (kind === 'boolean') throw new Error('invalid type for comparison')
  const [left, right] = [a as number, b as number]
  switch (operator) {
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
    default:
      throw new Error(`unrecognized filter operator ${operator}`)
  }
}

function kindOf(value: unknown): string {
  if (typeof value === 'bigint') return 'integer'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (typeof value !== 'string' && typeof value !== 'boolean') throw new Error('invalid type for comparison')
  return typeof value
}
