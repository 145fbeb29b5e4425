import type { KubeObject } from '../api/index.js'
import { compare } from './compare.js'
import { difference, type FieldSet } from './field-set.js'
import { goJson } from './go-values.js'
import type { MergeSchema } from './merge-schema.js'
import { toFieldSet } from './to-field-set.js'
import { validate } from './validate.js'
import { isMap, own } from './values.js'

/** Where `kubectl apply` keeps what it applied, as JSON. */
const annotation = 'kubectl.kubernetes.io/last-applied-configuration'
/** All annotations of an object together, in bytes. */
const maxAnnotationBytes = 256 * 1024

/** Only this manager takes part in the migration from client-side apply: who does not want it names another. */
export const migratingManager = 'kubectl'

/**
 * What client-side apply owns by the annotation and nobody has changed since: server-side apply may take it without force.
 * Undefined if the annotation is missing or says nothing usable.
 * @see apimachinery pkg/util/managedfields/internal/lastappliedmanager.go
 */
export function lastAppliedFields(live: KubeObject, apiVersion: string, schema: MergeSchema): FieldSet | undefined {
  const text = lastAppliedOf(live)
  if (text === undefined) return undefined
  let applied: unknown
  try {
    applied = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isMap(applied) || own(applied, 'apiVersion') !== apiVersion || typeof own(applied, 'kind') !== 'string')
    return undefined
  if (validate(schema, live, false) !== undefined || validate(schema, applied, false) !== undefined) return undefined
  const { changed, removed } = compare(schema, applied, live)
  return difference(difference(toFieldSet(schema, applied), changed), removed)
}

/**
 * The object with the annotation, if it has one, saying what has been applied now. Dropped if annotations grow too large.
 * @see apimachinery pkg/util/managedfields/internal/lastappliedupdater.go
 */
export function withLastApplied(object: KubeObject, applied: Readonly<Record<string, unknown>>): KubeObject {
  const before = lastAppliedOf(object)
  if (before === undefined) return object
  const text = `${goJson(withoutAnnotation(applied))}\n`
  if (text === before) return object
  const annotations: Record<string, string> = { ...object.metadata.annotations, [annotation]: text }
  if (annotationBytes(annotations) > maxAnnotationBytes) delete annotations[annotation]
  return { ...object, metadata: { ...object.metadata, annotations } }
}

function lastAppliedOf(object: KubeObject): string | undefined {
  const annotations: unknown = object.metadata?.annotations
  const text = isMap(annotations) ? own(annotations, annotation) : undefined
  return typeof text === 'string' && text !== '' ? text : undefined
}

function withoutAnnotation(applied: Readonly<Record<string, unknown>>): unknown {
  const { metadata } = applied
  if (!isMap(metadata) || !('annotations' in metadata)) return applied
  const { annotations: before, ...rest } = metadata
  if (!isMap(before)) return { ...applied, metadata: rest }
  const { [annotation]: _, ...annotations } = before
  return { ...applied, metadata: { ...rest, annotations } }
}

function annotationBytes(annotations: Readonly<Record<string, string>>): number {
  let bytes = 0
  for (const key of Object.keys(annotations)) bytes += Buffer.byteLength(key) + Buffer.byteLength(annotations[key]!)
  return bytes
}
