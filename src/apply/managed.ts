import type { ManagedFieldsEntry } from '../api/index.js'
import type { FieldSet } from './field-set.js'
import { decodeFields, encodeFields } from './fields-v1.js'
import { compareText, FieldsError } from './path-element.js'

/** What one manager owns by one kind of operation: a decoded entry of `metadata.managedFields`. Immutable. */
export interface Owner {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  /** The version the set's paths are in. */
  readonly apiVersion: string
  readonly subresource: string
  readonly time: string | undefined
  readonly set: FieldSet
  /** The entry this was read from, if writing it anew would give the same. */
  readonly entry?: ManagedFieldsEntry | undefined
}

/** Owners by `ownerKey`. */
export type Owners = ReadonlyMap<string, Owner>

/**
 * Two entries with equal keys are the same owner. An applier is one owner whatever version it applies.
 * The key sorts as upstream's manager identifier does: conflicts are told in its order.
 */
export function ownerKey(owner: Pick<Owner, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string {
  const { manager, operation, subresource } = owner
  const version = operation === 'Apply' ? '' : owner.apiVersion
  return `{${[
    manager === '' ? '' : `"manager":${JSON.stringify(manager)}`,
    `"operation":"${operation}"`,
    version === '' ? '' : `"apiVersion":${JSON.stringify(version)}`,
    subresource === '' ? '' : `"subresource":${JSON.stringify(subresource)}`,
  ]
    .filter((part) => part !== '')
    .join(',')}}`
}

const none: Owners = new Map()

/** Owners of entries that cannot change any more: those of an object that is read repeatedly. */
const remembered = new WeakMap<readonly ManagedFieldsEntry[], Owners>()

/** @throws FieldsError with upstream's wording if an entry is malformed; the last of two entries of one owner counts */
export function decodeManagedFields(entries: readonly ManagedFieldsEntry[] | undefined): Owners {
  if (entries === undefined) return none
  const known = remembered.get(entries)
  if (known !== undefined) return known
  const owners = decode(entries)
  // Shared objects are frozen in depth or not at all.
  if (Object.isFrozen(entries)) remembered.set(entries, owners)
  return owners
}

function decode(entries: readonly ManagedFieldsEntry[]): Owners {
  const owners = new Map<string, Owner>()
  for (let i = 0; i < entries.length; i++) {
    const owner = decodeEntry(entries[i]!, i)
    owners.set(ownerKey(owner), owner)
  }
  return owners
}

/**
 * The owners as entries in upstream's order; undefined if there are none.
 * @param before entries the owners come from, in that order: given back as they are if nothing differs
 */
export function encodeManagedFields(
  owners: Owners,
  before: readonly ManagedFieldsEntry[] | undefined,
): ManagedFieldsEntry[] | undefined {
  if (owners.size === 0) return undefined
  const sorted = [...owners.values()].sort(compareOwners)
  if (before !== undefined && before.length === sorted.length && sorted.every(({ entry }, i) => entry === before[i]))
    return before as ManagedFieldsEntry[]
  return sorted.map((owner) => owner.entry ?? encodeEntry(owner))
}

function decodeEntry(entry: ManagedFieldsEntry, i: number): Owner {
  const { manager, operation, apiVersion, subresource, time, fieldsType, fieldsV1 } = entry ?? {}
  if (operation !== 'Apply' && operation !== 'Update') throw new FieldsError('operation must be `Apply` or `Update`')
  if (typeof apiVersion !== 'string' || apiVersion === '') throw new FieldsError('apiVersion must not be empty')
  if (fieldsType !== 'FieldsV1') {
    if (fieldsType === undefined || fieldsType === '')
      throw new FieldsError(`missing fieldsType in managed fields entry ${i}`)
    throw new FieldsError(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${i}`)
  }
  const { set, canonical } = decodeFields(fieldsV1 ?? {})
  return {
    manager: manager ?? '',
    operation,
    apiVersion,
    subresource: subresource ?? '',
    time: time ?? undefined,
    set,
    entry: canonical && isPlain(entry) ? entry : undefined,
  }
}

// No member is there that writing would leave out.
const isPlain = ({ manager, subresource, time, fieldsV1 }: ManagedFieldsEntry): boolean =>
  Boolean(fieldsV1) && manager !== '' && subresource !== '' && (time as unknown) !== null

function encodeEntry({ manager, operation, apiVersion, subresource, time, set }: Owner): ManagedFieldsEntry {
  return {
    ...(manager === '' ? {} : { manager }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFields(set),
    ...(subresource === '' ? {} : { subresource }),
  }
}

function compareOwners(a: Owner, b: Owner): number {
  return (
    compareText(a.operation, b.operation) ||
    seconds(a.time) - seconds(b.time) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  )
}

/** Seconds since 1970; an entry without time counts as of then. */
export function seconds(time: string | undefined): number {
  const ms = time === undefined ? 0 : Date.parse(time)
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000)
}
