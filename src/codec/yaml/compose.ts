import { JsonNumber, quote } from '../../api/index.js'
import type { Unreadable } from './cursor.js'
import { YamlError } from './errors.js'
import { type AliasNode, type MappingNode, type Node, parseDocument } from './nodes.js'
import { compareBytes, objectOf, type ParsedYaml, type YamlOptions } from './parsed.js'
import { keyText, type Resolved, resolveScalar } from './resolve.js'

/** @throws YamlError */
export function composeYaml(
  text: string,
  unreadable: Unreadable | undefined,
  { exactNumbers = false }: YamlOptions = {},
): ParsedYaml {
  const document = parseDocument(text, unreadable)
  if (document === undefined) return { value: null, duplicates: undefined }
  const reading = new Reading()
  const value = toJson(reading.value(document), exactNumbers)
  const problems = reading.problems
  return {
    value,
    duplicates: problems.length === 0 ? undefined : `yaml: unmarshal errors:\n  ${problems.join('\n  ')}`,
  }
}

/** go-yaml's value: a mapping keeps the types of its keys until it becomes JSON. */
type Yaml = Resolved | Yaml[] | YamlMap
class YamlMap {
  readonly entries = new Map<Resolved, Yaml>()
}

/** One decoding of a node tree. Source: go.yaml.in/yaml/v2 decode.go. */
class Reading {
  readonly problems: string[] = []
  readonly #open = new Set<AliasNode>()
  #decoded = 0
  #aliased = 0
  #aliasDepth = 0
  #depth = 0

  value(node: Node): Yaml {
    this.#count()
    if (this.#depth >= maxDepth) throw new YamlError('exceeded max depth of 10000')
    this.#depth++
    const value = this.#valueOf(node)
    this.#depth--
    return value
  }

  #valueOf(node: Node): Yaml {
    switch (node.kind) {
      case 'alias':
        return this.#within(node, () => this.value(node.target))
      case 'mapping':
        return this.#mapping(node, new YamlMap())
      case 'sequence':
        return node.items.map((item) => this.value(item))
      case 'scalar':
        return resolveScalar(node.text, node.tag, node.plain)
    }
  }

  #within<T>(alias: AliasNode, read: () => T): T {
    if (this.#open.has(alias)) throw new YamlError(`anchor '${alias.name}' value contains itself`)
    this.#open.add(alias)
    this.#aliasDepth++
    const value = read()
    this.#aliasDepth--
    this.#open.delete(alias)
    return value
  }

  #mapping(node: MappingNode, out: YamlMap): YamlMap {
    for (const [keyNode, valueNode] of node.entries) {
      if (isMerge(keyNode)) {
        this.#merge(valueNode, out)
        continue
      }
      const key = this.value(keyNode)
      if (Array.isArray(key) || key instanceof YamlMap) throw new YamlError(`invalid map key: ${goSyntax(key)}`)
      const value = this.value(valueNode)
      if (out.entries.has(key)) {
        this.problems.push(`line ${valueNode.line + 1}: key ${goSyntax(key)} already set in map`)
      }
      out.entries.set(key, value)
    }
    return out
  }

  #merge(node: Node, out: YamlMap): void {
    if (node.kind === 'sequence') {
      // Backwards: earlier ones take precedence.
      for (const item of [...node.items].reverse()) this.#mergeOne(item, out)
    } else this.#mergeOne(node, out)
  }

  #mergeOne(node: Node, out: YamlMap): void {
    this.#count()
    const target = node.kind === 'alias' ? node.target : node
    if (target.kind !== 'mapping') throw new YamlError('map merge requires map or sequence of maps as the value')
    if (node.kind === 'alias') this.#within(node, () => this.#mapping(target, out))
    else this.#mapping(target, out)
  }

  /** The guard against documents that are small on the wire and huge in memory. */
  #count(): void {
    this.#decoded++
    if (this.#aliasDepth > 0) this.#aliased++
    if (this.#aliased > 100 && this.#decoded > 1000 && this.#aliased / this.#decoded > allowedRatio(this.#decoded)) {
      throw new YamlError('document contains excessive aliasing')
    }
  }
}

/** Values within one another: aliases may nest what is nested as deep as the parser goes. */
const maxDepth = 2_000

const ratioLow = 400_000
const ratioHigh = 4_000_000

function allowedRatio(decoded: number): number {
  if (decoded <= ratioLow) return 0.99
  if (decoded >= ratioHigh) return 0.1
  return 0.99 - 0.89 * ((decoded - ratioLow) / (ratioHigh - ratioLow))
}

const isMerge = (key: Node): boolean =>
  key.kind === 'scalar' && key.text === '<<' && (key.plain || key.tag === 'tag:yaml.org,2002:merge')

function toJson(value: Yaml, exact: boolean): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'bigint') {
    const number = Number(value)
    if (Number.isSafeInteger(number)) return number
    if (BigInt.asIntN(64, value) === value) return value
    return exact ? new JsonNumber(String(value)) : number
  }
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value === 0 ? 0 : value
    const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
    throw new YamlJsonError(`json: unsupported value: ${name}`)
  }
  if (Array.isArray(value)) return value.map((item) => toJson(item, exact))
  const entries: [string, unknown][] = []
  for (const [key, held] of value.entries) {
    const text = keyText(key)
    if (text === undefined) {
      const type = key === null ? '%!s(<nil>)' : 'uint64'
      throw new YamlJsonError(`unsupported map key of type: ${type}, key: ${goSyntax(key)}, value: ${goSyntax(held)}`)
    }
    entries.push([text, toJson(held, exact)])
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
    const entries = [...value.entries].sort(byKey).map(([key, held]) => `${goElement(key)}:${goElement(held)}`)
    return `map[interface {}]interface {}{${entries.join(', ')}}`
  }
  if (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value) return `0x${value.toString(16)}`
  return String(value)
}

/** Go prints maps in the order of their keys: of a kind in its own order. */
function byKey([a]: [Resolved, Yaml], [b]: [Resolved, Yaml]): number {
  if (typeof a === 'string' && typeof b === 'string') return compareBytes(a, b)
  if (typeof a === typeof b && a !== null && b !== null) return a < b ? -1 : 1
  return 0
}

const goElement = (value: Yaml): string => (value === null ? 'interface {}(nil)' : goSyntax(value))
