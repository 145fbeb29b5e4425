import { Cursor, type Unreadable } from './cursor.js'
import { YamlError } from './errors.js'
import { Scanner, type Token, type TokenKind } from './scanner.js'

export type Node = ScalarNode | AliasNode | SequenceNode | MappingNode

interface NodeBase {
  /** From 0. */
  readonly line: number
}

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar'
  readonly text: string
  /** In its long form; empty: none. */
  readonly tag: string
  /** Neither quoted nor a block. */
  readonly plain: boolean
}

export interface AliasNode extends NodeBase {
  readonly kind: 'alias'
  readonly name: string
  readonly target: Node
}

export interface SequenceNode extends NodeBase {
  readonly kind: 'sequence'
  readonly items: Node[]
}

export interface MappingNode extends NodeBase {
  readonly kind: 'mapping'
  readonly entries: [key: Node, value: Node][]
}

/**
 * Nodes within one another that are followed. go-yaml goes further, but what is deeper becomes no object of any kind, and
 * this one must never come near the end of the stack.
 */
const maxNesting = 1_000

/**
 * The first document of a stream; undefined: there is none. What stands behind it is read up to its first token.
 * Source: go.yaml.in/yaml/v2 parserc.go, decode.go (parser).
 *
 * @throws YamlError
 */
export function parseDocument(text: string, unreadable: Unreadable | undefined): Node | undefined {
  return new Parser(new Scanner(new Cursor(text, unreadable))).document()
}

class Parser {
  readonly #tokens: Scanner
  readonly #tagPrefixes = new Map<string, string>()
  readonly #anchors = new Map<string, Node>()

  constructor(tokens: Scanner) {
    this.#tokens = tokens
  }

  document(): Node | undefined {
    let token = this.#tokens.peek()
    if (token.kind === 'stream-end') return undefined
    const explicit = documentHeads.has(token.kind)
    token = this.#directives(token)
    let node: Node
    if (!explicit) node = this.#node(0, true)
    else {
      if (token.kind !== 'document-start') fail('did not find expected <document start>', token.line)
      token = this.#next()
      node = behindDocuments.has(token.kind) ? empty(token.line) : this.#node(0, true)
    }
    this.#tokens.peek()
    return node
  }

  #directives(first: Token): Token {
    let token = first
    let version = false
    for (; token.kind === 'version' || token.kind === 'tag-directive'; token = this.#next()) {
      if (token.kind === 'version') {
        if (version) fail('found duplicate %YAML directive', token.line)
        if (token.text !== '1.1') fail('found incompatible YAML document', token.line)
        version = true
      } else {
        if (this.#tagPrefixes.has(token.text)) fail('found duplicate %TAG directive', token.line)
        this.#tagPrefixes.set(token.text, token.suffix)
      }
    }
    for (const [handle, prefix] of defaultTags) {
      if (!this.#tagPrefixes.has(handle)) this.#tagPrefixes.set(handle, prefix)
    }
    return token
  }

  #node(depth: number, block: boolean, indentless = false): Node {
    if (depth > maxNesting) throw new YamlError('exceeded max depth of 10000')
    let token = this.#tokens.peek()
    const { line } = token
    if (token.kind === 'alias') return this.#alias(token)
    let anchor: string | undefined
    let tagToken: Token | undefined
    while ((token.kind === 'anchor' && anchor === undefined) || (token.kind === 'tag' && tagToken === undefined)) {
      if (token.kind === 'anchor') anchor = token.text
      else tagToken = token
      token = this.#next()
    }
    const tag = tagToken === undefined ? '' : this.#longTag(tagToken, line)
    const named = <N extends Node>(node: N): N => {
      if (anchor !== undefined) this.#anchors.set(anchor, node)
      return node
    }
    if (indentless && token.kind === 'entry')
      return this.#indentless(named({ kind: 'sequence', line, items: [] }), depth)
    switch (token.kind) {
      case 'scalar': {
        const plain = tag === '!' || (tag === '' && token.plain)
        const node = named<ScalarNode>({ kind: 'scalar', line, text: token.text, tag, plain })
        this.#tokens.skip()
        return node
      }
      case '[':
        return this.#flowSequence(named({ kind: 'sequence', line, items: [] }), token.line, depth)
      case '{':
        return this.#flowMapping(named({ kind: 'mapping', line, entries: [] }), token.line, depth)
      case 'block-sequence':
        if (block) return this.#blockSequence(named({ kind: 'sequence', line, items: [] }), token.line, depth)
        break
      case 'block-mapping':
        if (block) return this.#blockMapping(named({ kind: 'mapping', line, entries: [] }), token.line, depth)
        break
    }
    if (anchor !== undefined || tag !== '') return named({ kind: 'scalar', line, text: '', tag, plain: tag === '' })
    return fail('did not find expected node content', token.line, line)
  }

  #alias({ text: name, line }: Token): AliasNode {
    const target = this.#anchors.get(name)
    if (target === undefined) throw new YamlError(`unknown anchor '${name}' referenced`)
    this.#tokens.skip()
    return { kind: 'alias', line, name, target }
  }

  #longTag({ text: handle, suffix, line }: Token, contextLine: number): string {
    if (handle === '') return suffix
    const tag = this.#tagPrefixes.get(handle)
    return tag === undefined || tag + suffix === ''
      ? fail('found undefined tag handle', line, contextLine)
      : tag + suffix
  }

  #blockSequence(node: SequenceNode, line: number, depth: number): SequenceNode {
    let token = this.#next()
    for (; token.kind === 'entry'; token = this.#tokens.peek()) {
      const next = this.#next()
      const none = next.kind === 'entry' || next.kind === 'block-end'
      node.items.push(none ? empty(token.line) : this.#node(depth + 1, true))
    }
    if (token.kind !== 'block-end') fail("did not find expected '-' indicator", token.line, line)
    this.#tokens.skip()
    return node
  }

  /** As the value of a key, a sequence may stand as far to the left as the key. */
  #indentless(node: SequenceNode, depth: number): SequenceNode {
    for (let token = this.#tokens.peek(); token.kind === 'entry'; token = this.#tokens.peek()) {
      const next = this.#next()
      const none = next.kind === 'entry' || endsBlockEntry.has(next.kind)
      node.items.push(none ? empty(token.line) : this.#node(depth + 1, true))
    }
    return node
  }

  #blockMapping(node: MappingNode, line: number, depth: number): MappingNode {
    let token = this.#next()
    for (; token.kind === 'key'; token = this.#tokens.peek()) {
      const key = this.#blockMappingPart(token, depth)
      const value = this.#tokens.peek()
      node.entries.push([key, value.kind === 'value' ? this.#blockMappingPart(value, depth) : empty(value.line)])
    }
    if (token.kind !== 'block-end') fail('did not find expected key', token.line, line)
    this.#tokens.skip()
    return node
  }

  #blockMappingPart({ line }: Token, depth: number): Node {
    const next = this.#next()
    return endsBlockEntry.has(next.kind) ? empty(line) : this.#node(depth + 1, true, true)
  }

  #flowSequence(node: SequenceNode, line: number, depth: number): SequenceNode {
    for (let token = this.#next(), first = true; token.kind !== ']'; token = this.#tokens.peek(), first = false) {
      if (!first) {
        if (token.kind !== ',') fail("did not find expected ',' or ']'", token.line, line)
        token = this.#next()
        if (token.kind === ']') break
      }
      node.items.push(token.kind === 'key' ? this.#flowPair(token, depth) : this.#node(depth + 1, false))
    }
    this.#tokens.skip()
    return node
  }

  /** `[a: b]` is a list of a mapping. */
  #flowPair({ line }: Token, depth: number): MappingNode {
    let token = this.#next()
    let key: Node
    if (token.kind === 'value' || token.kind === ',' || token.kind === ']') {
      key = empty(token.line)
      // go-yaml passes over this token, whatever it is.
      this.#tokens.skip()
    } else key = this.#node(depth + 1, false)
    token = this.#tokens.peek()
    let value: Node | undefined
    if (token.kind === 'value') {
      const next = this.#next()
      if (next.kind !== ',' && next.kind !== ']') value = this.#node(depth + 1, false)
    }
    return { kind: 'mapping', line, entries: [[key, value ?? empty(token.line)]] }
  }

  #flowMapping(node: MappingNode, line: number, depth: number): MappingNode {
    for (let token = this.#next(), first = true; token.kind !== '}'; token = this.#tokens.peek(), first = false) {
      if (!first) {
        if (token.kind !== ',') fail("did not find expected ',' or '}'", token.line, line)
        token = this.#next()
        if (token.kind === '}') break
      }
      node.entries.push(this.#flowEntry(token, depth))
    }
    this.#tokens.skip()
    return node
  }

  #flowEntry(token: Token, depth: number): [Node, Node] {
    if (token.kind !== 'key') {
      const key = this.#node(depth + 1, false)
      return [key, empty(this.#tokens.peek().line)]
    }
    const next = this.#next()
    const none = next.kind === 'value' || next.kind === ',' || next.kind === '}'
    const key = none ? empty(next.line) : this.#node(depth + 1, false)
    const mark = this.#tokens.peek()
    if (mark.kind === 'value') {
      const behind = this.#next()
      if (behind.kind !== ',' && behind.kind !== '}') return [key, this.#node(depth + 1, false)]
      return [key, empty(behind.line)]
    }
    return [key, empty(mark.line)]
  }

  #next(): Token {
    this.#tokens.skip()
    return this.#tokens.peek()
  }
}

const defaultTags: readonly (readonly [string, string])[] = [
  ['!', '!'],
  ['!!', 'tag:yaml.org,2002:'],
]

const documentHeads: ReadonlySet<TokenKind> = new Set(['version', 'tag-directive', 'document-start'])
const behindDocuments: ReadonlySet<TokenKind> = new Set([...documentHeads, 'document-end', 'stream-end'])
const endsBlockEntry: ReadonlySet<TokenKind> = new Set(['key', 'value', 'block-end'])

const empty = (line: number): ScalarNode => ({ kind: 'scalar', line, text: '', tag: '', plain: true })

/** Lines count from 0 here, and the first one is not told: then it is that of what is around. */
function fail(problem: string, line: number, contextLine = 0): never {
  const told = line || contextLine
  throw new YamlError(told > 0 ? `line ${told}: ${problem}` : problem)
}
