import type { YAMLParseError } from 'yaml'

/** The message is go-yaml's, `yaml: ` in front. */
export class YamlError extends Error {
  override readonly name = 'YamlError'
  constructor(problem: string) {
    super(`yaml: ${problem}`)
  }
}

interface Problem {
  readonly text: string
  /** go-yaml numbers the lines of its parser from 0 and those of its scanner from 1, and tells no line 0. */
  readonly from: 'scanner' | 'parser'
  /** What is missing is found missing at the end of the text. */
  readonly atEnd?: boolean
}

/** go-yaml's words for what the parser found. Source: go.yaml.in/yaml/v2 scannerc.go, parserc.go, decode.go (fail). */
export function syntaxError(error: YAMLParseError, text: string, line: number): YamlError {
  const problem = describe(error, text)
  const first = problem.from === 'parser' ? 0 : 1
  const where = (problem.atEnd === true ? lastLine(text) : line - 1) + first
  return new YamlError(where > first ? `line ${where}: ${problem.text}` : problem.text)
}

function describe(error: YAMLParseError, text: string): Problem {
  const { code, message } = error
  const scanner = (words: string): Problem => ({ text: words, from: 'scanner' })
  const parser = (words: string): Problem => ({ text: words, from: 'parser' })
  switch (code) {
    case 'TAB_AS_INDENT':
      return scanner('found a tab character that violates indentation')
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'BLOCK_IN_FLOW':
      return scanner('mapping values are not allowed in this context')
    case 'BAD_SCALAR_START':
      if (text[error.pos[0]] === ',') return parser('did not find expected node content')
      return scanner('found character that cannot start any token')
    case 'BAD_DQ_ESCAPE':
      return scanner('found unknown escape character')
    case 'BAD_DIRECTIVE':
      return scanner('found unknown directive name')
    case 'MULTILINE_IMPLICIT_KEY':
      return scanner('mapping values are not allowed in this context')
    case 'MISSING_CHAR':
      if (message.startsWith('Missing closing')) return { ...scanner('found unexpected end of stream'), atEnd: true }
      if (message.includes('directives-end')) return parser('did not find expected <document start>')
      if (/flow map/i.test(message)) return { ...parser("did not find expected ',' or '}'"), atEnd: true }
      if (/flow seq/i.test(message)) return { ...parser("did not find expected ',' or ']'"), atEnd: true }
      return scanner("could not find expected ':'")
    case 'BAD_INDENT':
      if (message.startsWith('Flow map')) return { ...parser("did not find expected ',' or '}'"), atEnd: true }
      if (message.startsWith('Flow seq')) return { ...parser("did not find expected ',' or ']'"), atEnd: true }
      if (message.includes('sequence')) return parser("did not find expected '-' indicator")
      return parser('did not find expected key')
    case 'UNEXPECTED_TOKEN':
      if (message.includes('Block scalar header')) return scanner('did not find expected comment or line break')
      if (/seq-item-ind|block-seq/.test(message)) {
        return scanner('block sequence entries are not allowed in this context')
      }
      if (/flow-(?:map|seq)-end/.test(message)) return parser('did not find expected node content')
      if (message.includes('node end') && text[error.pos[0]] !== '-')
        return parser("did not find expected '-' indicator")
      return parser('did not find expected <document start>')
    case 'DUPLICATE_KEY':
    case 'BAD_ALIAS':
      return scanner('did not find expected alphabetic or numeric character')
    default:
      return parser('did not find expected key')
  }
}

/** The line behind the text, from 0: a last line without a line break is ended by its end. */
const lastLine = (text: string): number => text.split('\n').length - (text.endsWith('\n') || text === '' ? 1 : 0)
