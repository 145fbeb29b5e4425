import { equalJson, isObject } from '../../../api/index.js'
import { identity, keysOf } from './list-types.js'
import { nodeOfKey, type SchemaNode } from './node.js'

/**
 * A value and the one it replaces, as far as the two can be matched: members of objects by name, items of map lists by their
 * keys. What was wrong before and has not changed is let be. Source: apiserver pkg/cel/common, CorrelatedObject.
 */
export class Link {
  #equal: boolean | undefined
  #oldItems: ReadonlyMap<string, unknown> | undefined

  constructor(
    readonly value: unknown,
    readonly old: unknown,
    readonly node: SchemaNode,
  ) {}

  get unchanged(): boolean {
    this.#equal ??= equalJson(this.value, this.old)
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
    this.#oldItems ??= new Map(old.map((item) => [identity(keysOf(item, node.listMapKeys)), item]))
    const key = identity(keysOf(value[i], node.listMapKeys))
    return this.#oldItems.has(key) ? new Link(value[i], this.#oldItems.get(key), node.items) : undefined
  }
}
