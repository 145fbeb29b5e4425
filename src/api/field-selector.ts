/** Field selectors: `metadata.name=a,status.phase!=Running`. Source: apimachinery pkg/fields. */

import { quote } from './quote.js'

export interface FieldTerm {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}

/**
 * Turns the label and value a client asked for into those that objects are matched by; upstream's field label conversion.
 * An empty label with an empty value drops the term.
 *
 * @throws Error if the label is not supported
 */
export type FieldLabelConversion = (field: string, value: string) => readonly [field: string, value: string]

export class FieldSelector {
  static readonly everything = new FieldSelector([])

  constructor(readonly terms: readonly FieldTerm[]) {}

  get empty(): boolean {
    return this.terms.length === 0
  }

  /** A field that is not there is empty. */
  matches(fields: Readonly<Record<string, string>>): boolean {
    for (const { field, operator, value } of this.terms) {
      const own = Object.hasOwn(fields, field) ? fields[field] : ''
      if ((own === value) !== (operator === '=')) return false
    }
    return true
  }

  /** The one value a field must have for a match; undefined if there is no such. */
  exactMatch(field: string): string | undefined {
    return this.terms.find((term) => term.field === field && term.operator === '=')?.value
  }

  transform(convert: FieldLabelConversion): FieldSelector {
    const terms: FieldTerm[] = []
    for (const term of this.terms) {
      const [field, value] = convert(term.field, term.value)
      if (field !== '' || value !== '') terms.push({ field, operator: term.operator, value })
    }
    return new FieldSelector(terms)
  }

  toString(): string {
    return this.terms.map(({ field, operator, value }) => `${field}${operator}${escaped(value)}`).join(',')
  }
}

/**
 * Parses the `fieldSelector` parameter. Terms come out sorted by their text, as upstream judges them.
 *
 * @throws Error with upstream's text
 */
export function parseFieldSelector(text: string): FieldSelector {
  if (text === '') return FieldSelector.everything
  const terms: FieldTerm[] = []
  for (const part of splitTerms(text).sort()) {
    if (part === '') continue
    const operator = /!=|==?/.exec(part)
    if (operator === null) throw new Error(`invalid selector: '${text}'; can't understand '${part}'`)
    const value = unescaped(part.slice(operator.index + operator[0].length))
    terms.push({ field: part.slice(0, operator.index), operator: operator[0] === '!=' ? '!=' : '=', value })
  }
  return new FieldSelector(terms)
}

/** What kinds without selectable fields of their own take. */
export const metadataFieldLabels: FieldLabelConversion = (field, value) => {
  if (field === 'metadata.name' || field === 'metadata.namespace') return [field, value]
  throw new Error(`${quote(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`)
}

/** For kinds with selectable fields: those labels, as they are or under another name, and no others. */
export function fieldLabels(supported: Iterable<string> | ReadonlyMap<string, string>): FieldLabelConversion {
  const labels = supported instanceof Map ? supported : new Map([...(supported as Iterable<string>)].map((l) => [l, l]))
  return (field, value) => {
    const label = labels.get(field)
    if (label === undefined) throw new Error(`field label not supported: ${field}`)
    return [label, value]
  }
}

/** At commas, but for escaped ones; escapes stay. */
function splitTerms(text: string): string[] {
  const terms: string[] = []
  let start = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === ',') {
      terms.push(text.slice(start, i))
      start = i + 1
    }
  }
  terms.push(text.slice(start))
  return terms
}

const escaped = (value: string): string => value.replace(/[\\,=]/g, '\\$&')

function unescaped(text: string): string {
  if (!/[\\,=]/.test(text)) return text
  let out = ''
  let inEscape = false
  for (const char of text) {
    const special = char === '\\' || char === ',' || char === '='
    if (inEscape) {
      if (!special) throw new Error(`invalid field selector: invalid escape sequence: \\${char}`)
      out += char
      inEscape = false
    } else if (char === '\\') {
      inEscape = true
    } else if (special) {
      throw new Error(`invalid field selector: unescaped character in value: ${char.codePointAt(0)}`)
    } else {
      out += char
    }
  }
  if (inEscape) throw new Error('invalid field selector: invalid escape sequence: \\')
  return out
}
