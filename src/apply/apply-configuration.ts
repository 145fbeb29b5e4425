import { merge } from './merge.js'
import { fieldSchema, type MergeSchema } from './merge-schema.js'
import { validate } from './validate.js'

/**
 * A live object with a configuration merged in, as mutating policies do it: nobody comes to own anything, and what can only be
 * replaced as a whole may not be touched. Neither input is changed.
 *
 * @throws Error with upstream's text
 * @see apiserver pkg/admission/plugin/policy/mutating/patch/smd.go
 */
export function mergeConfiguration(schema: MergeSchema, live: unknown, configuration: unknown): unknown {
  const problem = validate(schema, configuration, false)
  if (problem !== undefined) throw new Error(`failed to convert patch object to typed object: ${problem}`)
  const atomics: string[] = []
  findAtomics(schema, configuration, '', atomics)
  if (atomics.length > 0)
    throw new Error(`invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}`)
  return merge(schema, live, configuration)
}

interface KindOfVersion {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** What merging is told about a kind whose type is not known. */
export const noMergeType = ({ group, version, kind }: KindOfVersion): string =>
  `failed to convert patch object to typed object: no corresponding type for ${group}/${version}, Kind=${kind}`

/**
 * Kinds of which the OpenAPI document of their own group and version says nothing, since only subresources of other groups are
 * of them: nothing can be merged into these.
 */
export const isTypeless = ({ group, version, kind }: KindOfVersion): boolean =>
  typeless.has(`${group}/${version}/${kind}`)

const typeless: ReadonlySet<string> = new Set([
  'autoscaling/v1/Scale',
  'policy/v1/Eviction',
  'authentication.k8s.io/v1/TokenRequest',
])

/** Only below declared fields and items of lists, as upstream looks. */
function findAtomics(schema: MergeSchema, value: unknown, path: string, found: string[]): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    if (schema.list === undefined) return
    if (schema.list.atomic) found.push(path)
    for (const [i, item] of value.entries()) findAtomics(schema.list.item, item, `${path}[${i}]`, found)
    return
  }
  if (schema.map === undefined) return
  if (schema.map.atomic) found.push(path)
  for (const [key, held] of Object.entries(value))
    if (schema.map.fields.get(key) !== undefined)
      findAtomics(fieldSchema(schema.map, key)!, held, `${path}.${key}`, found)
}
