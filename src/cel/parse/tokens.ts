/** Kinds of tokens, in the order in which messages list them. */
export const T = {
  eof: 0,
  equals: 1,
  notEquals: 2,
  in: 3,
  less: 4,
  lessEquals: 5,
  greaterEquals: 6,
  greater: 7,
  and: 8,
  or: 9,
  leftBracket: 10,
  rightBracket: 11,
  leftBrace: 12,
  rightBrace: 13,
  leftParen: 14,
  rightParen: 15,
  dot: 16,
  comma: 17,
  minus: 18,
  exclamation: 19,
  question: 20,
  colon: 21,
  plus: 22,
  star: 23,
  slash: 24,
  percent: 25,
  true: 26,
  false: 27,
  null: 28,
  float: 29,
  int: 30,
  uint: 31,
  string: 32,
  bytes: 33,
  identifier: 34,
  escapedIdentifier: 35,
} as const

const names: readonly string[] = [
  ...['<EOF>', "'=='", "'!='", "'in'", "'<'", "'<='", "'>='", "'>'", "'&&'", "'||'", "'['", "']'", "'{'", "'}'"],
  ...["'('", "')'", "'.'", "','", "'-'", "'!'", "'?'", "':'", "'+'", "'*'", "'/'", "'%'", "'true'", "'false'"],
  ...["'null'", 'NUM_FLOAT', 'NUM_INT', 'NUM_UINT', 'STRING', 'BYTES', 'IDENTIFIER', 'ESC_IDENTIFIER'],
]

export interface Token {
  readonly type: number
  /** Offsets in the text. */
  readonly start: number
  readonly end: number
}

/** A set of kinds, as messages print it: `')'` or `{']', ','}`. */
export function printTypes(types: Iterable<number>): string {
  const listed = [...types].sort((a, b) => a - b).map((type) => names[type]!)
  return listed.length === 1 ? listed[0]! : `{${listed.join(', ')}}`
}
