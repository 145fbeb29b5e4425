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
}

/** go-yaml's words for what the parser found. Source: go.yaml.in/yaml/v2 scannerc.go, parserc.go, decode.go (fail). */
export function syntaxError(error: YAMLParseError, text: string, line: number): YamlError {
  const at = error.pos[0]
  const problem = describe(error, text)
  if (problem.from === 'parser') return new YamlError(line > 1 ? `line ${line - 1}: ${problem.text}` : problem.text)
  // An unclosed quote is found missing at the end of the stream.
  const where = problem.text === 'found unexpected end of stream' ? countLines(text.slice(at)) + line : line
  return new YamlError(where > 1 ? `line ${where}: ${problem.text}` : problem.text)
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
      return scanner('found character that cannot start any token')
    case 'BAD_DQ_ESCAPE':
      return scanner('found unknown escape character')
    case 'BAD_DIRECTIVE':
      return scanner('found unknown directive name')
    case 'MULTILINE_IMPLICIT_KEY':
      return scanner('mapping values are not allowed in this context')
    case 'MISSING_CHAR':
      if (message.includes('quote')) return scanner('found unexpected end of stream')
      if (message.includes('directives-end')) return parser('did not find expected <document start>')
      if (message.includes('flow')) return parser("did not find expected ',' or '}'")
      return scanner("could not find expected ':'")
    case 'BAD_INDENT':
      if (message.startsWith('Flow map')) return parser("did not find expected ',' or '}'")
      if (message.startsWith('Flow seq')) return parser("did not find expected ',' or ']'")
      if (message.includes('sequence')) return parser("did not find expected '-' indicator")
      return parser('did not find expected key')
    case 'UNEXPECTED_TOKEN':
      if (message.includes('Block scalar header')) return scanner('did not find expected comment or line break')
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

const countLines = (text: string): number => text.split('\n').length - 1
