import { isDeepStrictEqual } from 'node:util'
import { eachReference, isObject, type Json, type Swagger } from '../../aggregator/index.js'
import type { OpenApiVersion } from './definitions.js'

/** Names of definitions and shared parameters that stand for something else already, and what they are called instead. */
interface Renames {
  readonly definitions: ReadonlyMap<string, string>
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * Puts a document of another server into one that is being made. Where both have a definition of one name that differs, the
 * newcomer's gets a number. Source: kube-openapi pkg/aggregator, MergeSpecsIgnorePathConflictRenamingDefinitionsAndParameters.
 *
 * @param known what is there already; newcomers are added
 */
export function* foreignParts(
  { paths, definitions, parameters }: Swagger,
  known: { readonly definitions: Map<string, Json>; readonly parameters: Map<string, Json> },
  version: OpenApiVersion,
): Generator<readonly ['paths' | 'definitions' | 'parameters', string, Json]> {
  const renames: Renames = {
    definitions: renamed(definitions, known.definitions),
    parameters: renamed(parameters, known.parameters),
  }
  const rewritten = (value: Json): Json => rewrite(value, renames, version)
  for (const kind of ['definitions', 'parameters'] as const) {
    for (const [name, value] of { definitions, parameters }[kind]) {
      const called = renames[kind].get(name) ?? name
      if (known[kind].has(called)) continue
      known[kind].set(called, value)
      yield [kind, called, rewritten(value)]
    }
  }
  for (const [path, item] of paths) yield ['paths', path, rewritten(item)]
}

function renamed(newcomers: ReadonlyMap<string, Json>, known: ReadonlyMap<string, Json>): Map<string, string> {
  const renames = new Map<string, string>()
  for (const [name, value] of newcomers) {
    let called = name
    for (let i = 2; known.has(called) && !alike(known.get(called)!, value); i++) called = `${name}_v${i}`
    if (called !== name) renames.set(name, called)
  }
  return renames
}

/**
 * Whether two schemas allow the same. Types that every group version registers differ in their kinds; and descriptions, which
 * are from elsewhere here, may be in other words.
 */
function alike(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => alike(item, b[i]))
  if (!isObject(a) || !isObject(b)) return isDeepStrictEqual(a, b)
  const [left, right] = [tellingKeys(a), tellingKeys(b)]
  return left.length === right.length && left.every((key) => Object.hasOwn(b, key) && alike(a[key], b[key]))
}

/** A property may be called `description`: then it is a schema and not a text. */
const tellingKeys = (schema: Json): string[] =>
  Object.keys(schema).filter(
    (key) => key !== 'x-kubernetes-group-version-kind' && !(key === 'description' && typeof schema[key] === 'string'),
  )

function rewrite(value: Json, { definitions, parameters }: Renames, version: OpenApiVersion): Json {
  if (definitions.size === 0 && parameters.size === 0) return value
  const copy = structuredClone(value)
  const prefix = version === 2 ? '#/definitions/' : '#/components/schemas/'
  eachReference(copy, (holder) => {
    const { $ref } = holder
    if ($ref.startsWith(prefix)) {
      const name = definitions.get($ref.slice(prefix.length))
      if (name !== undefined) holder.$ref = prefix + name
    } else if ($ref.startsWith('#/parameters/')) {
      const name = parameters.get($ref.slice('#/parameters/'.length))
      if (name !== undefined) holder.$ref = `#/parameters/${name}`
    }
  })
  return copy
}
