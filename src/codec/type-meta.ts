import { DecodeError, type Duplicates, type GroupVersion, JsonNumber, parseApiVersion } from '../api/index.js'

export interface TypeMeta extends GroupVersion {
  readonly kind: string
}

/** Go's spelling of the struct that upstream reads type meta into: clients see it. */
const goType = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

/**
 * What a JSON value says it is. Keys match whatever their case here, the last one counts, as in Go's encoding/json.
 * Source: apimachinery pkg/runtime/serializer/json/meta.go.
 *
 * @throws DecodeError with upstream's message
 */
export function interpret(value: unknown, duplicates: Duplicates | undefined): TypeMeta {
  const parseError = (why: string) => new DecodeError(`couldn't get version/kind; json parse error: ${why}`)
  if (value === null || value === undefined) return { group: '', version: '', kind: '' }
  if (typeof value !== 'object' || Array.isArray(value) || value instanceof JsonNumber) {
    throw parseError(`json: cannot unmarshal ${goKind(value)} into Go value of type ${goType}`)
  }
  const found = new Found()
  const repeated = duplicates?.get(value)
  if (repeated !== undefined) for (const [key, held] of repeated) found.take(key, held)
  else for (const key in value) found.take(key, (value as Record<string, unknown>)[key])
  if (found.mistake !== undefined) throw parseError(found.mistake)
  const { kind, apiVersion } = found
  if (apiVersion === '' || apiVersion === '/') return { group: '', version: '', kind }
  if (apiVersion.indexOf('/') !== apiVersion.lastIndexOf('/')) {
    throw new DecodeError(`unexpected GroupVersion string: ${apiVersion}`)
  }
  return { ...parseApiVersion(apiVersion), kind }
}

class Found {
  kind = ''
  apiVersion = ''
  mistake: string | undefined

  take(key: string, held: unknown): void {
    const name = fieldOf(key)
    if (name === undefined || held === null || held === undefined) return
    if (typeof held !== 'string') {
      this.mistake ??= `json: cannot unmarshal ${goKind(held)} into Go struct field .${name} of type string`
    } else this[name] = held
  }
}

/** Go's folding knows two letters outside ASCII that matter here: the Kelvin sign and the long s. */
function fieldOf(key: string): 'kind' | 'apiVersion' | undefined {
  if (key === 'kind' || key === 'apiVersion') return key
  if (key.length !== 4 && key.length !== 10) return undefined
  const folded = key.replaceAll('\u212a', 'k').replaceAll('\u017f', 's').toLowerCase()
  return folded === 'kind' ? 'kind' : folded === 'apiversion' ? 'apiVersion' : undefined
}

/** What Go's decoder calls a JSON value. */
export function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint' || value instanceof JsonNumber) return 'number'
  return typeof value
}
