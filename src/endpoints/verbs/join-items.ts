/**
 * Puts items one behind the other: `head`, then of each item what lies behind its first `skip` bytes with a brace (and, behind
 * another, a comma) in front, then `tail`.
 *
 * From the last to the first, whole: what is to be skipped lands where the item before it comes next. That spares a view of
 * every item, which is most of what a long list costs.
 *
 * @param follows there are items before these
 */
export function joinItems(
  head: Buffer,
  items: readonly Buffer[],
  skip: number,
  follows: boolean,
  tail: Buffer,
): Buffer {
  let size = head.length + tail.length
  for (const item of items) size += item.length - skip + 2
  if (!follows && items.length > 0) size--
  const out = Buffer.allocUnsafe(size)
  let at = size - tail.length
  out.set(tail, at)
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i]!
    at -= item.length - skip
    if (at >= skip) out.set(item, at - skip)
    else out.set(item.subarray(skip), at)
    out[--at] = brace
    if (i > 0 || follows) out[--at] = comma
  }
  out.set(head)
  return out
}

const brace = 0x7b
const comma = 0x2c
