import { compileJsonPath, type KubeObject, type ObjectMeta } from '../api/index.js'
import { stringifyJson } from '../codec/index.js'
import {
  asResource,
  coerceMetadata,
  prune,
  type StoredForm,
  selectionIndex,
  sortKeys,
  type Written,
} from '../registry/index.js'
import type { Revision, StoredRecord, WriteValue } from '../store/index.js'
import type { CustomVersion } from './custom-version.js'

/** Records of a custom resource, as the registry of one of its versions sees them. */
export class CustomStoredForm implements StoredForm {
  /** Objects of records that had to be converted by somebody else, as long as the records live. */
  readonly #converted = new WeakMap<StoredRecord, KubeObject>()
  /** Of records that are being converted. */
  readonly #converting = new WeakMap<StoredRecord, Promise<void>>()
  readonly #fields: ReadonlyMap<string, (object: KubeObject) => string>
  readonly since: Revision
  readonly #isStorage: boolean
  readonly ready?: (records: readonly StoredRecord[]) => Promise<void> | undefined

  constructor(
    readonly version: CustomVersion,
    readonly parse: (bytes: Buffer) => unknown,
  ) {
    this.since = version.family.since
    this.#isStorage = version === version.family.storage
    this.#fields = selectableFields(version)
    if (!version.family.converter.immediate) this.ready = (records) => this.#ready(records)
  }

  get hasFields(): boolean {
    return this.#fields.size > 0
  }

  isCurrent(record: StoredRecord): boolean {
    return this.#isStorage && record.revision > this.version.family.since
  }

  read(parsed: KubeObject, record: StoredRecord): KubeObject {
    const object = this.#readNow(parsed, record)
    if (object === undefined) throw new Error(`${record.key} was not made ready`)
    return object
  }

  #ready(records: readonly StoredRecord[]): Promise<void> | undefined {
    const { family, apiVersion } = this.version
    const waiting: { record: StoredRecord; object: KubeObject }[] = []
    const others = new Set<Promise<void>>()
    for (const record of records) {
      if (this.isCurrent(record) || this.#converted.has(record)) continue
      const other = this.#converting.get(record)
      if (other !== undefined) {
        others.add(other)
        continue
      }
      const object = this.#kept(this.parse(record.value) as KubeObject)
      if (family.converter.convert(object, apiVersion) === undefined) waiting.push({ record, object })
    }
    if (waiting.length > 0) others.add(this.#convert(waiting))
    return others.size === 0 ? undefined : Promise.all(others).then(() => {})
  }

  #convert(waiting: readonly { record: StoredRecord; object: KubeObject }[]): Promise<void> {
    const { family, apiVersion } = this.version
    const converting = family.converter
      .convertAll(
        waiting.map(({ object }) => object),
        apiVersion,
      )
      .then((converted) => {
        for (const [i, { record }] of waiting.entries()) this.#converted.set(record, converted[i]!)
      })
      .finally(() => {
        for (const { record } of waiting) this.#converting.delete(record)
      })
    for (const { record } of waiting) this.#converting.set(record, converting)
    return converting
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
    const ready = this.#converted.get(record)
    if (ready !== undefined) return this.#shown(ready)
    const kept = this.#kept(parsed)
    const converted = this.version.family.converter.convert(kept, this.version.apiVersion)
    return converted === undefined ? undefined : this.#shown(converted)
  }

  /**
   * As its record holds it, pruned and defaulted by today's schema of the version it is stored in: versions that it is only
   * converted to fill nothing in. Source: apiextensions pkg/apiserver/customresource_handler.go, crdConversionRESTOptionsGetter.
   */
  #kept(object: KubeObject): KubeObject {
    const version = this.version.family.versions.get(object.apiVersion ?? '')
    if (version === undefined) return object
    const kept = version.form.decode(object)
    version.defaults(kept)
    return kept
  }

  /** What conversion has made of a kept object, pruned by the schema of this version. */
  #shown(object: KubeObject): KubeObject {
    const shown = this.version.form.decode(object)
    shown.metadata.generation ??= 1
    return sortKeys(shown)
  }

  /** What another version writes is answered as reading would give it: it has been to the storage version and back. */
  write(object: KubeObject): Written | Promise<Written> {
    const stored = sortKeys({ ...object, metadata: storedMetadata(object.metadata) })
    if (this.#isStorage) {
      const { hasDefaults, hasUntyped } = this.version.node
      const defaulted = hasDefaults || hasUntyped ? this.#reread(stored) : stored
      return { stored: defaulted, value: encodeRecord(defaulted) }
    }
    const { converter, storage } = this.version.family
    const converted = converter.convert(stored, storage.apiVersion)
    if (converted === undefined) return this.#writeConverted(stored)
    const kept = sortKeys(this.#kept(converted))
    return { stored: this.#shown(converter.convert(kept, this.version.apiVersion)!), value: encodeRecord(kept) }
  }

  /**
   * Reading fills in what is missing, whoever took it away, which a scale or an admission plugin does not; and it drops the
   * nulls that an apply has brought past a schema without a type.
   */
  #reread(object: KubeObject): KubeObject {
    const { node } = this.version
    const stored = node.hasUntyped ? (prune(object, asResource(node)) as KubeObject) : object
    this.version.defaults(stored)
    return sortKeys(stored)
  }

  async #writeConverted(object: KubeObject): Promise<Written> {
    const { converter, storage } = this.version.family
    const [converted] = await converter.convertAll([object], storage.apiVersion)
    const kept = sortKeys(this.#kept(converted!))
    const [back] = await converter.convertAll([kept], this.version.apiVersion)
    return { stored: this.#shown(back!), value: encodeRecord(kept) }
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
export function encodeRecord(object: KubeObject): WriteValue {
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
