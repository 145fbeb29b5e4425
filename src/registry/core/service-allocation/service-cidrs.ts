import type { KubeObject } from '../../../api/index.js'
import { prefixRange, type Store } from '../../../store/index.js'
import type { ObjectCodec } from '../../stored.js'
import { type AddressRange, addressRange } from './address-range.js'

const prefix = '/registry/servicecidrs/'

/**
 * The blocks from which addresses may be taken now: those of all ServiceCIDR objects that are ready and stay; before there
 * is any such object, the configured ones. Objects are parsed once.
 */
export function serviceCidrReader(
  store: Store,
  codec: ObjectCodec,
  configured: readonly string[],
): () => readonly AddressRange[] {
  const initial = toRanges(configured)
  let known = ''
  let ranges = initial
  return () => {
    const records = [...store.scan(prefixRange(prefix))]
    const state = records.map(({ key, revision }) => `${key}@${revision}`).join()
    if (state === known) return ranges
    known = state
    const objects = records.map(({ value }) => codec.parse(value) as KubeObject)
    ranges =
      records.length === 0 ? initial : toRanges(objects.filter(isReady).flatMap((object) => object.spec?.cidrs ?? []))
    return ranges
  }
}

function toRanges(blocks: readonly string[]): AddressRange[] {
  const ranges = [...new Set(blocks)].map(addressRange)
  return ranges.filter((range) => range !== undefined)
}

/** Ready unless it says otherwise: without a controller manager nobody says anything. */
function isReady({ metadata, status }: KubeObject): boolean {
  if (metadata.deletionTimestamp !== undefined) return false
  const conditions: { type?: string; status?: string }[] = status?.conditions ?? []
  return (conditions.find(({ type }) => type === 'Ready')?.status ?? 'True') === 'True'
}
