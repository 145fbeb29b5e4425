import type { KubeObject, ObjectMeta } from '../api/index.js'
import { stringifyJson } from '../codec/index.js'
import { coerceMetadata, type StoredForm, selectionIndex, sortKeys, type Written } from '../registry/index.js'
import type { StoredRecord, WriteValue } from '../store/index.js'
import type { CustomVersion } from './custom-version.js'
import { compileJsonPath } from './json-path.js'

/** Records of a custom resource, as the registry of one of its versions sees them. */
export class CustomStoredForm implements StoredForm {
  /** Objects of records that had to be converted by somebody else, until they are read. */
  readonly #converted = new WeakMap<StoredRecord, KubeObject>()
  readonly #fields: ReadonlyMap<string, (object: KubeObject) => string>
  readonly #isStorage: boolean
  readonly ready?: (records: readonly StoredRecord[]) => Promise<void> | undefined

  constructor(
    readonly version: CustomVersion,
    readonly parse: (bytes: Buffer) => unknown,
  ) {
    this.#isStorage = version === version.family.storage
    this.#fields = selectableFields(version)
    if (!version.family.converter.immediate) this.ready = (records) => this.#ready(records)
  }

  isCurrent(record: StoredRecord): boolean {
    return this.#isStorage && record.revision > this.version.family.since
  }

  read(parsed: KubeObject, record: StoredRecord): KubeObject {
    const converted =
      this.#converted.get(record) ?? this.version.family.converter.convert(parsed, this.version.apiVersion)
    if (converted === undefined) throw new Error(`${record.key} was not made ready`)
    return this.#shown(converted)
  }

  #ready(records: readonly StoredRecord[]): Promise<void> | undefined {
    const { family, apiVersion } = this.version
    const waiting: { record: StoredRecord; object: KubeObject }[] = []
    for (const record of records) {
      if (this.isCurrent(record) || this.#converted.has(record)) continue
      const object = this.parse(record.value) as KubeObject
      if (family.converter.convert(object, apiVersion) === undefined) waiting.push({ record, object })
    }
    return waiting.length === 0 ? undefined : this.#convert(waiting)
  }

  async #convert(waiting: readonly { record: StoredRecord; object: KubeObject }[]): Promise<void> {
    const objects = waiting.map(({ object }) => object)
    const converted = await this.version.family.converter.convertAll(objects, this.version.apiVersion)
    for (const [i, { record }] of waiting.entries()) this.#converted.set(record, converted[i]!)
  }

  fields(record: StoredRecord): Readonly<Record<string, string>> {
    if (this.#fields.size === 0) return {}
    const parsed = this.parse(record.value) as KubeObject
    const object = this.isCurrent(record) ? parsed : this.#readNow(parsed, record)
    return Object.fromEntries(
      Array.from(this.#fields, ([name, read]) => [name, object === undefined ? '' : read(object)]),
    )
  }

  #readNow(parsed: KubeObject, record: StoredRecord): KubeObject | undefined {
    const converted =
      this.#converted.get(record) ?? this.version.family.converter.convert(parsed, this.version.apiVersion)
    return converted === undefined ? undefined : this.#shown(converted)
  }

  /** Pruned and defaulted by today's schema. */
  #shown(object: KubeObject): KubeObject {
    const shown = this.version.form.decode(object)
    this.version.defaults(shown)
    shown.metadata.generation ??= 1
    return sortKeys(shown)
  }

  write(object: KubeObject): Written | Promise<Written> {
    const stored = sortKeys({ ...object, metadata: storedMetadata(object.metadata) })
    const { family } = this.version
    const { storage } = family
    if (this.#isStorage) return { stored, value: encodeRecord(stored) }
    const written = (converted: KubeObject): Written => ({
      stored,
      value: encodeRecord(sortKeys(storage.form.decode(converted))),
    })
    const now = family.converter.convert(stored, storage.apiVersion)
    if (now !== undefined) return written(now)
    return family.converter.convertAll([stored], storage.apiVersion).then(([converted]) => written(converted!))
  }

  encode(object: KubeObject): Buffer {
    return Buffer.from(stringifyJson(sortKeys(object)))
  }
}

/** The selectable fields of a version: name, and what an object has there as text. */
export function selectableFields(version: CustomVersion): ReadonlyMap<string, (object: KubeObject) => string> {
  const fields = new Map<string, (object: KubeObject) => string>()
  for (const { jsonPath } of version.definition.selectableFields ?? []) {
    const path = compileJsonPath(jsonPath)
    fields.set(jsonPath.replace(/^\./, ''), (object) => {
      const [value] = path(object)
      return value === undefined || value === null ? '' : String(value)
    })
  }
  return fields
}

/** Metadata as storing leaves it: empty members are gone. */
function storedMetadata(metadata: ObjectMeta): ObjectMeta {
  const stored = coerceMetadata(metadata)
  if (stored.managedFields?.length === 0) delete stored.managedFields
  return stored
}

/** The record of an object whose keys are sorted: resourceVersion goes in front of uid. */
function encodeRecord(object: KubeObject): WriteValue {
  let before = '{'
  let after = ''
  let seen = false
  const add = (text: string): void => {
    if (seen) after += text
    else before += text
  }
  let first = true
  for (const [key, value] of Object.entries(object)) {
    if (!first) add(',')
    first = false
    if (key !== 'metadata') {
      add(`${JSON.stringify(key)}:${stringifyJson(value)}`)
      continue
    }
    add('"metadata":{')
    let firstMember = true
    for (const [name, member] of Object.entries(value as ObjectMeta)) {
      if (name === 'resourceVersion') continue
      if (!firstMember) add(',')
      firstMember = false
      if (name === 'uid') seen = true
      add(`${JSON.stringify(name)}:${stringifyJson(member)}`)
    }
    add('}')
  }
  return {
    json: Buffer.from(`${before}${after}}`),
    revisionAt: Buffer.byteLength(before),
    index: selectionIndex({ rules: {} }, object),
  }
}
