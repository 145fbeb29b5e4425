import type { Issue, Issues } from './compiled.js'

/** The text of an expression: tells lines and columns of offsets in it. */
export class Source {
  #starts: number[] | undefined

  constructor(readonly text: string) {}

  /** Line from 1, column in code points from 0. */
  location(offset: number): { readonly line: number; readonly column: number } {
    const starts = this.#lineStarts()
    let line = 1
    while (line < starts.length && starts[line]! <= offset) line++
    let column = 0
    for (const _ of this.text.slice(starts[line - 1], offset)) column++
    return { line, column }
  }

  /** Without its line feed; undefined if there is no such line. */
  line(number: number): string | undefined {
    const starts = this.#lineStarts()
    const start = starts[number - 1]
    if (start === undefined || this.text === '') return undefined
    const next = starts[number]
    return this.text.slice(start, next === undefined ? undefined : next - 1)
  }

  #lineStarts(): readonly number[] {
    if (this.#starts === undefined) {
      this.#starts = [0]
      for (let i = this.text.indexOf('\n'); i >= 0; i = this.text.indexOf('\n', i + 1)) this.#starts.push(i + 1)
    }
    return this.#starts
  }
}

const maxReported = 100
const maxSnippetBytes = 16_384

/** Gathers what is wrong with one expression. */
export class IssueList {
  readonly #issues: Issue[] = []
  #count = 0

  constructor(readonly source: Source) {}

  get count(): number {
    return this.#count
  }

  /** @param offset of the place in the text; undefined: nowhere in particular */
  add(message: string, offset: number | undefined): void {
    if (++this.#count > maxReported) return
    const place = offset === undefined ? { line: -1, column: -1 } : this.source.location(offset)
    // The end of an empty text is before its first column.
    const { line, column } = this.source.text === '' && offset !== undefined ? { line: 1, column: -1 } : place
    this.#issues.push({ message, line, column })
  }

  report(): Issues {
    const errors = this.#issues
      .map((issue, order) => ({ issue, order }))
      .sort((a, b) => a.issue.line - b.issue.line || a.issue.column - b.issue.column || a.order - b.order)
      .map(({ issue }) => issue)
    const more = this.#count - errors.length
    const { source } = this
    return {
      errors,
      toString() {
        const printed = errors.map((issue) => print(issue, source))
        if (more > 0) printed.push(`${more} more errors were truncated`)
        return printed.join('\n')
      },
    }
  }
}

/** @see cel-go common/error.go: characters of more than one byte are marked by a wide mark */
function print({ message, line, column }: Issue, source: Source): string {
  const head = `ERROR: <input>:${line}:${column + 1}: ${message}`
  const text = source.line(line)
  if (text === undefined || Buffer.byteLength(text) > maxSnippetBytes) return head
  const snippet = text.replaceAll('\t', ' ')
  let marks = ''
  let at = 0
  for (const char of snippet) {
    if (at++ >= column) return `${head}\n | ${snippet}\n | ${marks}${char > '\x7f' ? '＾' : '^'}`
    marks += char > '\x7f' ? '．' : '.'
  }
  return `${head}\n | ${snippet}\n | ${marks}^`
}
