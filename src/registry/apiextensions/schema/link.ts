import { equalJson, isObject, JsonNumber } from '../../../api/index.js'
import { MapList } from './map-list.js'
import { nodeOfKey, type SchemaNode } from './node.js'

/**
 * A value and the one it replaces, as far as the two can be matched: members of objects by name, items of map lists by their
 * keys. What was wrong before and has not changed is let be; members that the schema does not name are matched by nothing, so
 * an object that has some always counts as changed. Source: apiserver pkg/cel/common/equality.go, CorrelatedObject.
 */
export class Link {
  #equal: boolean | undefined
  #oldItems: MapList | undefined

  constructor(
    readonly value: unknown,
    readonly old: unknown,
    readonly node: SchemaNode,
  ) {}

  get unchanged(): boolean {
    this.#equal ??= this.#compare()
    return this.#equal
  }

  key(name: string): Link | undefined {
    const { value, old } = this
    const node = nodeOfKey(this.node, name)
    if (node === undefined || !isObject(value) || !isObject(old)) return undefined
    if (!Object.hasOwn(value, name) || !Object.hasOwn(old, name)) return undefined
    return new Link(value[name], old[name], node)
  }

  index(i: number): Link | undefined {
    const { value, old, node } = this
    if (node.listType !== 'map' || node.items === undefined) return undefined
    if (!Array.isArray(value) || !Array.isArray(old)) return undefined
    this.#oldItems ??= new MapList(old, node.listMapKeys)
    const before = this.#oldItems.get(value[i])
    return before === undefined ? undefined : new Link(value[i], before, node.items)
  }

  #compare(): boolean {
    const { value, old, node } = this
    if (Array.isArray(value)) {
      if (!Array.isArray(old) || value.length !== old.length) return false
      // Items of map lists are equal wherever they stand; other lists are one thing.
      if (node.listType !== 'map') return equalJson(value, old)
      return value.every((_, i) => this.index(i)?.unchanged === true)
    }
    if (!isObject(value) || !isObject(old) || value instanceof JsonNumber) return equalJson(value, old)
    const names = Object.keys(value)
    return names.length === Object.keys(old).length && names.every((name) => this.key(name)?.unchanged === true)
  }
}
