import { isQualifiedName } from './labels.js'
import { quote } from './quote.js'

export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | '>' | '<'

/** Makes a requirement; throws if it is not valid. */
export type MakeRequirement<T> = (key: string, operator: LabelOperator, values: readonly string[]) => T

type Token = 'end' | 'identifier' | '=' | '==' | '!=' | 'in' | 'notin' | '!' | '>' | '<' | '(' | ')' | ','

interface Item {
  readonly token: Token
  readonly text: string
}

/** A NUL ends an identifier, and where none is begun it ends the text, as in Go's lexer. */
const tokens = /[ \t\r\n]*(?:(==|!=|[=!(),<>])|([^=!(),<> \t\r\n\0]+)\0?)/y
const end: Item = { token: 'end', text: '' }

/**
 * Parses the query grammar of label selectors; `in` and `notin` are operators only where an operator stands.
 *
 * @throws Error with the text of apimachinery pkg/labels, which tells what was found instead of what
 */
export function parseRequirements<T>(text: string, make: MakeRequirement<T>): T[] {
  const items = scan(text)
  let position = 0
  const peek = (): Item => asValue(items[position] ?? end)
  const next = (): Item => asValue(nextOperator())
  const nextOperator = (): Item => items[position++] ?? end

  const requirements: T[] = []
  for (;;) {
    const { token, text: found } = peek()
    if (token === 'end') return requirements
    if (token !== 'identifier' && token !== '!')
      throw unexpected(found, ", expected: !, identifier, or 'end of string'")
    try {
      requirements.push(requirement())
    } catch (error) {
      throw new Error(`unable to parse requirement: ${(error as Error).message}`)
    }
    const after = next()
    if (after.token === 'end') return requirements
    if (after.token !== ',') throw unexpected(after.text, ", expected: ',' or 'end of string'")
    const { token: following, text: instead } = peek()
    if (following !== 'identifier' && following !== '!') throw unexpected(instead, ", expected: identifier after ','")
  }

  function requirement(): T {
    let item = next()
    const negated = item.token === '!'
    if (negated) item = next()
    if (item.token !== 'identifier') throw unexpected(item.text, ', expected: identifier')
    const name = item.text
    const wrong = isQualifiedName(name)
    if (wrong.length > 0) throw new Error(`<nil>: Invalid value: ${quote(name)}: ${wrong.join('; ')}`)
    if (negated) return make(name, '!', [])
    const following = peek().token
    if (following === 'end' || following === ',') return make(name, 'exists', [])
    const operator = binaryOperator()
    const values = operator === 'in' || operator === 'notin' ? valueSet() : [exactValue()]
    return make(name, operator, values)
  }

  function binaryOperator(): LabelOperator {
    const { token, text: found } = nextOperator()
    switch (token) {
      case 'in':
      case 'notin':
      case '=':
      case '==':
      case '!=':
      case '>':
      case '<':
        return token
      default:
        throw unexpected(found, ', expected: in, notin, =, ==, !=, gt, lt')
    }
  }

  function valueSet(): string[] {
    const open = next()
    if (open.token !== '(') throw unexpected(open.text, " expected: '('")
    const { token, text: found } = peek()
    if (token === ')') {
      next()
      return ['']
    }
    if (token !== 'identifier' && token !== ',') throw unexpected(found, ", expected: ',', ')' or identifier")
    const values = identifiers()
    next()
    return [...values].sort()
  }

  /** Up to the closing parenthesis, which is left. Empty values count once. */
  function identifiers(): Set<string> {
    const values = new Set<string>()
    for (;;) {
      const { token, text: found } = next()
      const following = peek()
      if (token === 'identifier') {
        values.add(found)
        if (following.token === ')') return values
        if (following.token !== ',') throw unexpected(following.text, ", expected: ',' or ')'")
      } else if (token === ',') {
        if (values.size === 0 || following.token === ',' || following.token === ')') values.add('')
        if (following.token === ')') return values
      } else {
        throw unexpected(found, ", expected: ',', or identifier")
      }
    }
  }

  function exactValue(): string {
    const following = peek().token
    if (following === 'end' || following === ',') return ''
    const { token, text: found } = next()
    if (token !== 'identifier') throw unexpected(found, ', expected: identifier')
    return found
  }
}

function scan(text: string): Item[] {
  const items: Item[] = []
  tokens.lastIndex = 0
  for (let match = tokens.exec(text); match !== null; match = tokens.exec(text)) {
    const found = (match[1] ?? match[2])!
    items.push({ token: /^(?:[=!(),<>]+|in|notin)$/.test(found) ? (found as Token) : 'identifier', text: found })
  }
  return items
}

const asValue = (item: Item): Item =>
  item.token === 'in' || item.token === 'notin' ? { token: 'identifier', text: item.text } : item

const unexpected = (found: string, rest: string): Error => new Error(`found '${found}'${rest}`)
