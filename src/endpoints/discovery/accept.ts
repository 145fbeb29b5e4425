/** One clause of an Accept header. */
export interface AcceptClause {
  readonly type: string
  readonly subtype: string
  readonly params: ReadonlyMap<string, string>
  readonly q: number
}

/** Clauses beyond this many are not looked at. */
const maxClauses = 64

/**
 * The clauses of an Accept header, the most wanted first: by quality, and what is named before what is a wildcard. Clauses
 * that are not media types are left out. Source: munnerz/goautoneg, as apiserver uses it.
 */
export function parseAccept(header: string): readonly AcceptClause[] {
  const clauses: AcceptClause[] = []
  for (const part of header.split(',', maxClauses)) {
    const clause = parseClause(part)
    if (clause !== undefined) clauses.push(clause)
  }
  return clauses.length < 2 ? clauses : clauses.sort((a, b) => b.q - a.q || wildcards(a) - wildcards(b))
}

/** Whether a clause names a media type, itself or by a wildcard. */
export function matches(clause: AcceptClause, type: string, subtype: string): boolean {
  if (clause.type === '*') return clause.subtype === '*'
  return clause.type === type && (clause.subtype === subtype || clause.subtype === '*')
}

function parseClause(text: string): AcceptClause | undefined {
  const [media = '', ...rest] = text.split(';')
  const name = media.trim()
  const slash = name.indexOf('/')
  if (slash < 0 && name !== '*') return undefined
  const params = new Map<string, string>()
  let q = 1
  for (const pair of rest) {
    const equals = pair.indexOf('=')
    if (equals < 0) continue
    const key = pair.slice(0, equals).trim()
    const value = pair
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1')
    if (key === 'q') q = Number.isNaN(Number.parseFloat(value)) ? 1 : Number.parseFloat(value)
    else params.set(key, value)
  }
  return slash < 0
    ? { type: '*', subtype: '*', params, q }
    : { type: name.slice(0, slash), subtype: name.slice(slash + 1), params, q }
}

const wildcards = (clause: AcceptClause): number => Number(clause.type === '*') + Number(clause.subtype === '*')
