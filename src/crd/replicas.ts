import { ApiError, goText, goType, isObject, type Json } from '../api/index.js'
import type { ScalePaths } from '../registry/index.js'
import type { CustomVersion } from './custom-version.js'
import type { ScaleDefinition } from './definition.js'

/** What lies at a path, or why it is not what was expected; neither: nothing is there. */
export interface Found<T> {
  readonly value?: T
  /** Upstream's words for a value of another type. */
  readonly error?: string
}

/** Where the scale subresource of a version finds its parts. */
export function customScale({ family }: CustomVersion, scale: ScaleDefinition): ScalePaths {
  const [spec, status] = [pathOf(scale.specReplicasPath), pathOf(scale.statusReplicasPath)]
  const selector = scale.labelSelectorPath ? pathOf(scale.labelSelectorPath) : undefined
  return {
    selector: (object) => (selector === undefined ? '' : (found(textAt(object, selector)) ?? '')),
    custom: {
      path: spec,
      paths: Object.fromEntries(
        Array.from(family.versions.values(), ({ apiVersion, definition }) => {
          const path = definition.subresources?.scale?.specReplicasPath
          return [apiVersion, path === undefined ? null : pathOf(path)]
        }),
      ),
      replicas: (object) => found(integerAt(object, spec)),
      statusReplicas: (object) => found(integerAt(object, status)) ?? 0,
    },
  }
}

function found<T>({ value, error }: Found<T>): T | undefined {
  if (error !== undefined) throw new ApiError('', error)
  return value
}

/** `.spec.replicas` → spec, replicas. */
export const pathOf = (path: string): readonly string[] => path.replace(/^\./, '').split('.')

export function integerAt(object: unknown, path: readonly string[]): Found<number> {
  const { value, error } = valueAt(object, path)
  if (error !== undefined) return { error }
  if (value === undefined) return {}
  if (typeof value === 'bigint') return { value: Number(value) }
  if (typeof value === 'number' && Number.isSafeInteger(value)) return { value }
  return { error: wrongType(path, value, 'int64') }
}

export function textAt(object: unknown, path: readonly string[]): Found<string> {
  const { value, error } = valueAt(object, path)
  if (error !== undefined) return { error }
  if (value === undefined) return {}
  return typeof value === 'string' ? { value } : { error: wrongType(path, value, 'string') }
}

/** Source: apimachinery unstructured.NestedFieldNoCopy. */
function valueAt(object: unknown, path: readonly string[]): Found<unknown> {
  let value = object
  for (const [i, name] of path.entries()) {
    if (value === null) return {}
    if (!isObject(value)) return { error: wrongType(path.slice(0, i + 1), value, 'map[string]interface{}') }
    if (!Object.hasOwn(value, name)) return {}
    value = value[name]
  }
  return { value }
}

const wrongType = (path: readonly string[], value: unknown, wanted: string): string =>
  `.${path.join('.')} accessor error: ${goText(value as Json)} is of the type ${goType(value)}, expected ${wanted}`
