import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml'
import { quote } from '../../api/index.js'
import { syntaxError, YamlError } from './errors.js'
import { objectOf, type ParsedYaml } from './parsed.js'
import { keyText, type Resolved, resolveScalar } from './resolve.js'

/**
 * Open collections of the parser, about one or two for a level of nesting. The parser recurses below this and must never
 * come near the end of the stack: a regular expression that cannot be compiled there ends the whole process.
 */
const maxNesting = 300

/** @throws YamlError */
export function composeYaml(text: string): ParsedYaml {
  const lines = new LineCounter()
  const document = firstDocument(text, lines)
  const end = flowEnd(document)
  const error = document?.errors.find(({ pos, code }) => pos[0] < end || (code === 'MISSING_CHAR' && pos[0] === end))
  if (error !== undefined) throw syntaxError(error, text, lines.linePos(error.pos[0]).line)
  if (document !== undefined && surrogate.test(text)) refuseSurrogates(document, text, lines)
  if (document?.contents == null) return { value: null, duplicates: undefined }
  const reading = new Reading(document, lines)
  const value = toJson(reading.value(document.contents as Node))
  const problems = reading.problems
  return {
    value,
    duplicates: problems.length === 0 ? undefined : `yaml: unmarshal errors:\n  ${problems.join('\n  ')}`,
  }
}

/** Nobody reads on behind a document that is a flow collection: it is over when that is, unless its end is missing. */
function flowEnd(document: Document | undefined): number {
  const contents = document?.contents as Node | null | undefined
  const isFlow = (isMap(contents) || isSeq(contents)) && contents.flow === true
  return (isFlow ? contents.range?.[1] : undefined) ?? Number.POSITIVE_INFINITY
}

/** JSON writes what is beyond 16 bits as two escapes, which YAML does not take. */
const surrogate = /\\u[dD][89a-fA-F]|\\U(?!000|0010)|\\U0000[dD][89a-fA-F]/

function refuseSurrogates(document: Document, text: string, lines: LineCounter): void {
  visit(document, {
    Scalar(_, { type, range }) {
      if (type !== 'QUOTE_DOUBLE' || !range) return
      const raw = text.slice(range[0], range[1]).replaceAll(/\\[^uU]/g, '..')
      const at = raw.search(surrogate)
      if (at < 0) return
      const { line } = lines.linePos(range[0] + at)
      throw new YamlError(`${line > 1 ? `line ${line}: ` : ''}found invalid Unicode character escape code`)
    },
  })
}

function firstDocument(text: string, lines: LineCounter): Document | undefined {
  // Scalars stay text: what they mean is for `resolveScalar` to say.
  const composer = new Composer({
    version: '1.1',
    schema: 'failsafe',
    strict: false,
    uniqueKeys: false,
    merge: false,
    logLevel: 'silent',
  })
  for (const document of composer.compose(tokens(text, lines), false, text.length)) return document as Document
  return undefined
}

function* tokens(text: string, lines: LineCounter): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme)
    if (parser.stack.length > maxNesting) throw new YamlError('exceeded max depth of 10000')
  }
  yield* parser.end()
}

/** go-yaml's value: a mapping keeps the types of its keys until it becomes JSON. */
type Yaml = Resolved | Yaml[] | YamlMap
class YamlMap {
  readonly entries = new Map<Resolved, Yaml>()
}

/** One decoding of a node tree. Source: go.yaml.in/yaml/v2 decode.go. */
class Reading {
  readonly problems: string[] = []
  readonly #lines: LineCounter
  readonly #targets = new Map<Alias, Node>()
  readonly #open = new Set<Alias>()
  #decoded = 0
  #aliased = 0
  #aliasDepth = 0

  constructor(document: Document, lines: LineCounter) {
    this.#lines = lines
    this.#findTargets(document.contents as Node, new Map())
  }

  value(node: Node | null): Yaml {
    this.#count()
    if (node === null) return null
    if (isAlias(node)) return this.#alias(node)
    if (isMap(node)) return this.#mapping(node as YAMLMap<Node, Node | null>, new YamlMap())
    if (isSeq(node)) return node.items.map((item) => this.value(item as Node | null))
    return scalar(node as Scalar)
  }

  #alias(node: Alias): Yaml {
    if (this.#open.has(node)) throw new YamlError(`anchor '${node.source}' value contains itself`)
    this.#open.add(node)
    this.#aliasDepth++
    const value = this.value(this.#targets.get(node)!)
    this.#aliasDepth--
    this.#open.delete(node)
    return value
  }

  #mapping(node: YAMLMap<Node, Node | null>, out: YamlMap): YamlMap {
    for (const pair of node.items) {
      if (isMerge(pair.key)) {
        this.#merge(pair.value, out)
        continue
      }
      const key = this.value(pair.key)
      if (Array.isArray(key) || key instanceof YamlMap) throw new YamlError(`invalid map key: ${goSyntax(key)}`)
      const value = this.value(pair.value)
      if (out.entries.has(key)) {
        const line = this.#lines.linePos(pair.value?.range?.[0] ?? pair.key.range?.[0] ?? 0).line
        this.problems.push(`line ${line}: key ${goSyntax(key)} already set in map`)
      }
      out.entries.set(key, value)
    }
    return out
  }

  #merge(node: Node | null, out: YamlMap): void {
    if (isSeq(node)) {
      // Backwards: earlier ones take precedence.
      for (const item of [...node.items].reverse()) this.#mergeOne(item as Node | null, out)
    } else this.#mergeOne(node, out)
  }

  #mergeOne(node: Node | null, out: YamlMap): void {
    this.#count()
    const target = isAlias(node) ? this.#targets.get(node)! : node
    if (!isMap(target)) throw new YamlError('map merge requires map or sequence of maps as the value')
    const alias = isAlias(node) ? node : undefined
    if (alias !== undefined) {
      if (this.#open.has(alias)) throw new YamlError(`anchor '${alias.source}' value contains itself`)
      this.#open.add(alias)
      this.#aliasDepth++
    }
    this.#mapping(target as YAMLMap<Node, Node | null>, out)
    if (alias !== undefined) {
      this.#open.delete(alias)
      this.#aliasDepth--
    }
  }

  /** The guard against documents that are small on the wire and huge in memory. */
  #count(): void {
    this.#decoded++
    if (this.#aliasDepth > 0) this.#aliased++
    if (this.#aliased > 100 && this.#decoded > 1000 && this.#aliased / this.#decoded > allowedRatio(this.#decoded)) {
      throw new YamlError('document contains excessive aliasing')
    }
  }

  /** An alias means the anchor of its name that came last before it. */
  #findTargets(node: Node | null, anchors: Map<string, Node>): void {
    if (node === null) return
    if (isAlias(node)) {
      const target = anchors.get(node.source)
      if (target === undefined) throw new YamlError(`unknown anchor '${node.source}' referenced`)
      this.#targets.set(node, target)
      return
    }
    const { anchor } = node as { anchor?: string }
    if (anchor !== undefined) anchors.set(anchor, node)
    if (isMap(node)) {
      for (const pair of node.items) {
        this.#findTargets(pair.key as Node, anchors)
        this.#findTargets(pair.value as Node | null, anchors)
      }
    } else if (isSeq(node)) for (const item of node.items) this.#findTargets(item as Node | null, anchors)
  }
}

const ratioLow = 400_000
const ratioHigh = 4_000_000

function allowedRatio(decoded: number): number {
  if (decoded <= ratioLow) return 0.99
  if (decoded >= ratioHigh) return 0.1
  return 0.99 - 0.89 * ((decoded - ratioLow) / (ratioHigh - ratioLow))
}

const isMerge = (key: Node | null): boolean =>
  isScalar(key) && key.source === '<<' && (key.type === 'PLAIN' || key.tag === 'tag:yaml.org,2002:merge')

function scalar(node: Scalar): Resolved {
  const plain = node.type === 'PLAIN' || node.type === undefined
  return resolveScalar(node.source ?? String(node.value ?? ''), node.tag ?? '', plain)
}

function toJson(value: Yaml): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) || BigInt.asIntN(64, value) !== value ? number : value
  }
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value === 0 ? 0 : value
    const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
    throw new YamlJsonError(`json: unsupported value: ${name}`)
  }
  if (Array.isArray(value)) return value.map(toJson)
  const entries: [string, unknown][] = []
  for (const [key, held] of value.entries) {
    const text = keyText(key)
    if (text === undefined) {
      const type = key === null ? '%!s(<nil>)' : 'uint64'
      throw new YamlJsonError(`unsupported map key of type: ${type}, key: ${goSyntax(key)}, value: ${goSyntax(held)}`)
    }
    entries.push([text, toJson(held)])
  }
  return objectOf(entries)
}

/** YAML that has no JSON form: upstream's message without `yaml: `. */
class YamlJsonError extends YamlError {
  constructor(message: string) {
    super('')
    this.message = message
  }
}

/** Go's %#v. */
function goSyntax(value: Yaml): string {
  if (value === null) return '<nil>'
  if (typeof value === 'string') return quote(value)
  if (Array.isArray(value)) return `[]interface {}{${value.map(goElement).join(', ')}}`
  if (value instanceof YamlMap) {
    const entries = [...value.entries].map(([key, held]) => `${goElement(key)}:${goElement(held)}`)
    return `map[interface {}]interface {}{${entries.join(', ')}}`
  }
  if (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value) return `0x${value.toString(16)}`
  return String(value)
}

const goElement = (value: Yaml): string => (value === null ? 'interface {}(nil)' : goSyntax(value))
