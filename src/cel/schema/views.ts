import { equal } from '../ops.js'
import {
  CelError,
  entryOf,
  Fields,
  isFields,
  itemsOf,
  keysOf,
  List,
  type PlainObject,
  sizeOfFields,
  sizeOfList,
  type Value,
} from '../values.js'
import { escapeProperty, unescapeProperty } from './escape.js'
import type { Reader } from './read.js'

/** An object whose properties are read by what their schemas say. */
export class TypedObject extends Fields {
  constructor(
    readonly raw: PlainObject,
    readonly readerOf: (property: string) => Reader | undefined,
  ) {
    super()
  }

  get size(): number {
    return sizeOfFields(this.raw)
  }

  get(key: Value): Value | undefined {
    const property = typeof key === 'string' ? unescapeProperty(key) : undefined
    if (property === undefined || !Object.hasOwn(this.raw, property)) return undefined
    const json = this.raw[property]
    if (json === undefined || json === null) return undefined
    return this.readerOf(property)?.(json)
  }

  keys(): readonly Value[] {
    const known = Object.keys(this.raw).filter((property) => this.readerOf(property) !== undefined)
    return known.map((property) => escapeProperty(property) ?? property)
  }

  /** Declared properties by their types, all others as JSON. */
  override equals(other: PlainObject | Fields): boolean {
    if (this.size !== sizeOfFields(other)) return false
    for (const property of Object.keys(this.raw)) {
      const reader = this.readerOf(property)
      const name = reader === undefined ? property : (escapeProperty(property) ?? property)
      const mine = reader === undefined ? this.raw[property] : this.get(name)
      const theirs = reader === undefined ? rawOf(other, property) : entryOf(other, name)
      if (mine === undefined || theirs === undefined) {
        if (reader !== undefined && mine !== theirs) return false
      } else if (!equal(mine, theirs)) return false
    }
    return true
  }
}

const rawOf = (fields: PlainObject | Fields, property: string): Value | undefined =>
  entryOf(fields instanceof TypedObject ? fields.raw : fields, property)

/** A map whose values are read by what their schema says. */
export class TypedMap extends Fields {
  constructor(
    readonly raw: PlainObject,
    readonly read: Reader,
  ) {
    super()
  }

  get size(): number {
    return sizeOfFields(this.raw)
  }

  get(key: Value): Value | undefined {
    if (typeof key !== 'string') throw new CelError('no such overload')
    const json = entryOf(this.raw, key)
    return json === undefined ? undefined : this.read(json)
  }

  keys(): readonly Value[] {
    return keysOf(this.raw)
  }
}

/** A list whose items are read by what their schema says. */
export class TypedList extends List {
  constructor(
    readonly raw: readonly Value[],
    readonly read: Reader,
  ) {
    super()
  }

  get size(): number {
    return this.raw.length
  }

  at(index: number): Value {
    return this.read(this.raw[index])
  }
}

/** `x-kubernetes-list-type: set`: order says nothing, and adding leaves out what is there. */
export class SetList extends TypedList {
  #seen: Set<string> | undefined

  override equals(other: readonly Value[] | List): boolean {
    if (this.size !== sizeOfList(other)) return false
    const mine = this.#keys()
    return rawItems(other).every((item) => mine.has(scalarKey(item)))
  }

  /** Upstream remembers in the list what was ever added to it: the next sum leaves that out. */
  override concat(other: readonly Value[] | List): Value {
    const seen = this.#keys()
    const added = rawItems(other).filter((item) => {
      const key = scalarKey(item)
      if (seen.has(key)) return false
      seen.add(key)
      return true
    })
    return new SetList([...this.raw, ...added], this.read)
  }

  #keys(): Set<string> {
    this.#seen ??= new Set(this.raw.map(scalarKey))
    return this.#seen
  }
}

/** `x-kubernetes-list-type: map`: items are told apart by their keys, and adding replaces what is there. */
export class MapList extends TypedList {
  constructor(
    raw: readonly Value[],
    read: Reader,
    readonly mapKeys: readonly string[],
  ) {
    super(raw, read)
  }

  override equals(other: readonly Value[] | List): boolean {
    if (this.size !== sizeOfList(other)) return false
    const mine = new Map(this.raw.map((item) => [this.#keyOf(item), item]))
    return itemsOf(other).every((item, i) => {
      const same = mine.get(this.#keyOf(rawItems(other)[i]!))
      return same !== undefined && equal(this.read(same), item)
    })
  }

  override concat(other: readonly Value[] | List): Value {
    const merged = new Map(this.raw.map((item) => [this.#keyOf(item), item]))
    for (const item of rawItems(other)) merged.set(this.#keyOf(item), item)
    return new MapList([...merged.values()], this.read, this.mapKeys)
  }

  #keyOf(item: Value): string {
    if (!isFields(item))
      throw new CelError('unexpected data format for element of array with x-kubernetes-list-type=map')
    const fields = item instanceof TypedObject ? item.raw : item
    return JSON.stringify(this.mapKeys.map((key) => scalarKey(entryOf(fields, key))))
  }
}

const rawItems = (list: readonly Value[] | List): readonly Value[] =>
  list instanceof TypedList ? list.raw : itemsOf(list)

/** Tells scalars apart as Go does: by type and value. */
const scalarKey = (value: Value | undefined): string => `${typeof value}:${String(value)}`
