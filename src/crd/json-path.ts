import { equalJson, isObject } from '../api/index.js'

/** Finds the values that a path leads to; throws where upstream's evaluation fails. */
export type JsonPath = (root: unknown) => unknown[]

type Step = (values: readonly unknown[], root: unknown) => unknown[]

/** No path is longer than people write; what is deeper is refused. */
const maxLength = 4096

/**
 * Compiles a JSONPath in the dialect of kubectl's: members, `['quoted']`, indexes, slices, wildcards, `..` and filters.
 * Members that are not there lead nowhere. Source: client-go util/jsonpath.
 *
 * @throws Error if it is none
 */
export function compileJsonPath(text: string): JsonPath {
  if (text.length > maxLength) throw new Error('the path is too long')
  const steps = new PathParser(text).parse()
  return (root) => {
    let values: unknown[] = [root]
    for (const step of steps) {
      if (values.length === 0) return values
      values = step(values, root)
    }
    return values
  }
}

class PathParser {
  #at = 0

  constructor(readonly text: string) {}

  parse(): Step[] {
    const steps: Step[] = []
    while (this.#at < this.text.length) {
      const char = this.text[this.#at]!
      if (char === '.' && this.text[this.#at + 1] === '.') {
        this.#at += 1
        steps.push(descend)
      } else if (char === '.') {
        this.#at++
        if (this.#at >= this.text.length || this.text[this.#at] === '[') continue
        steps.push(this.#member())
      } else if (char === '[') steps.push(this.#bracket())
      else if (char === '$' || char === '@') this.#at++
      else steps.push(this.#member())
    }
    return steps
  }

  #member(): Step {
    let name = ''
    while (this.#at < this.text.length) {
      const char = this.text[this.#at]!
      if (char === '\\') {
        name += this.text[this.#at + 1] ?? ''
        this.#at += 2
        continue
      }
      if (char === '.' || char === '[' || char === ' ' || char === ']') break
      name += char
      this.#at++
    }
    if (name === '' && this.#at < this.text.length) throw new Error(`unexpected ${this.text[this.#at]}`)
    return name === '*' ? wildcard : member(name)
  }

  #bracket(): Step {
    const inner = this.#inner()
    const trimmed = inner.trim()
    if (trimmed === '*') return wildcard
    if (trimmed.startsWith('?(') && trimmed.endsWith(')')) return filter(trimmed.slice(2, -1))
    const quoted = /^(?:'([^']*)'|"([^"]*)")$/.exec(trimmed)
    if (quoted !== null) return member(quoted[1] ?? quoted[2]!)
    const parts = trimmed.split(',')
    if (parts.length > 1) {
      const steps = parts.map((part) => indexes(part.trim()))
      return (values, root) => steps.flatMap((step) => step(values, root))
    }
    return indexes(trimmed)
  }

  /** What is between the bracket here and the one that closes it. */
  #inner(): string {
    const start = ++this.#at
    let depth = 1
    let quote = ''
    for (; this.#at < this.text.length; this.#at++) {
      const char = this.text[this.#at]!
      if (quote !== '') {
        if (char === quote) quote = ''
      } else if (char === "'" || char === '"') quote = char
      else if (char === '[') depth++
      else if (char === ']' && --depth === 0) return this.text.slice(start, this.#at++)
    }
    throw new Error('unterminated array')
  }
}

const member =
  (name: string): Step =>
  (values) =>
    values.flatMap((value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []))

const wildcard: Step = (values) =>
  values.flatMap((value) => (Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []))

const descend: Step = (values) => {
  const found: unknown[] = []
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    found.push(value)
    for (const inner of Array.isArray(value) ? value : Object.values(value)) visit(inner)
  }
  for (const value of values) visit(value)
  return found
}

function indexes(text: string): Step {
  const parts = /^(-?\d+)?(?:(:)(-?\d+)?(?::(-?\d+)?)?)?$/.exec(text)
  if (parts === null || text === '') throw new Error(`invalid array index ${text}`)
  const [, from, colon, to, by] = parts
  return (values) =>
    values.flatMap((value) => {
      if (!Array.isArray(value)) return []
      const place = (given: string): number => (Number(given) < 0 ? Number(given) + value.length : Number(given))
      if (colon === undefined) {
        const at = place(from!)
        if (at < 0 || at >= value.length)
          throw new Error(`array index out of bounds: index ${at}, length ${value.length}`)
        return [value[at]]
      }
      const step = by === undefined ? 1 : Number(by)
      const end = Math.min(to === undefined ? value.length : place(to), value.length)
      const found: unknown[] = []
      if (step > 0) for (let i = from === undefined ? 0 : place(from); i < end; i += step) found.push(value[i])
      return found
    })
}

/** `@.key=="value"`, `@.key`, compared with what is on the other side of ==, !=, <, <=, > or >=. */
function filter(text: string): Step {
  const parts = /^(.*?)(==|!=|<=|>=|<|>)(.*)$/s.exec(text)
  if (parts === null) {
    const path = compileJsonPath(text.trim())
    return (values) => items(values).filter((item) => path(item).length > 0)
  }
  const [left, operator, right] = [operand(parts[1]!), parts[2]!, operand(parts[3]!)]
  return (values, root) =>
    items(values).filter((item) => {
      const [a, b] = [left(item, root), right(item, root)]
      return a.length > 0 && b.length > 0 && compare(a[0], b[0], operator)
    })
}

const items = (values: readonly unknown[]): unknown[] => values.flatMap((value) => (Array.isArray(value) ? value : []))

function operand(raw: string): (item: unknown, root: unknown) => unknown[] {
  const text = raw.trim()
  const quoted = /^(?:'(.*)'|"(.*)")$/s.exec(text)
  if (quoted !== null) return () => [quoted[1] ?? quoted[2]]
  if (text === 'true' || text === 'false') return () => [text === 'true']
  if (text !== '' && !Number.isNaN(Number(text))) return () => [Number(text)]
  const path = compileJsonPath(text)
  return text.startsWith('$') ? (_, root) => path(root) : (item) => path(item)
}

function compare(a: unknown, b: unknown, operator: string): boolean {
  if (operator === '==') return equalJson(a, b)
  if (operator === '!=') return !equalJson(a, b)
  if (typeof a !== typeof b || (typeof a !== 'number' && typeof a !== 'string')) return false
  const [left, right] = [a, b as typeof a]
  return operator === '<'
    ? left < right
    : operator === '<='
      ? left <= right
      : operator === '>'
        ? left > right
        : left >= right
}
