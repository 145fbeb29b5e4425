/**
 * The difference of two values, as upstream tells it in messages: a unified diff, without head lines, of their indented JSON.
 * Source: apimachinery pkg/util/diff (which uses difflib).
 */
export function jsonDiff(a: unknown, b: unknown): string {
  const left = lines(a)
  const right = lines(b)
  return groups(opcodes(left, right))
    .map((group) => hunk(group, left, right))
    .join('')
}

type Tag = 'equal' | 'replace' | 'delete' | 'insert'
interface Opcode {
  readonly tag: Tag
  readonly i1: number
  readonly i2: number
  readonly j1: number
  readonly j2: number
}

const context = 3
/** From this length on difflib ignores lines that make up more than a hundredth of the text. */
const popularFrom = 200

/** Go's MarshalIndent with one space; every line, the last included, ends with a line feed. */
function lines(value: unknown): string[] {
  const text = JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? Number(member) : member), 1)
  const escaped = text.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return escaped.split('\n').map((line) => `${line}\n`)
}

function hunk(group: readonly Opcode[], a: readonly string[], b: readonly string[]): string {
  const first = group[0]!
  const last = group.at(-1)!
  let out = `@@ -${range(first.i1, last.i2)} +${range(first.j1, last.j2)} @@\n`
  for (const { tag, i1, i2, j1, j2 } of group) {
    if (tag === 'equal') for (const line of a.slice(i1, i2)) out += ` ${line}`
    else {
      for (const line of a.slice(i1, i2)) out += `-${line}`
      for (const line of b.slice(j1, j2)) out += `+${line}`
    }
  }
  return out
}

function range(start: number, stop: number): string {
  const length = stop - start
  if (length === 1) return `${start + 1}`
  return `${length === 0 ? start : start + 1},${length}`
}

/** Changes with some equal lines around them. */
function groups(codes: readonly Opcode[]): Opcode[][] {
  const all = codes.map((code) => ({ ...code }))
  const first = all[0]
  if (first?.tag === 'equal') {
    first.i1 = Math.max(first.i1, first.i2 - context)
    first.j1 = Math.max(first.j1, first.j2 - context)
  }
  const last = all.at(-1)
  if (last?.tag === 'equal') {
    last.i2 = Math.min(last.i2, last.i1 + context)
    last.j2 = Math.min(last.j2, last.j1 + context)
  }
  const out: Opcode[][] = []
  let group: Opcode[] = []
  for (const code of all) {
    if (code.tag === 'equal' && code.i2 - code.i1 > 2 * context) {
      group.push({ ...code, i2: Math.min(code.i2, code.i1 + context), j2: Math.min(code.j2, code.j1 + context) })
      out.push(group)
      group = [{ ...code, i1: Math.max(code.i1, code.i2 - context), j1: Math.max(code.j1, code.j2 - context) }]
    } else group.push(code)
  }
  if (group.length > 0 && !(group.length === 1 && group[0]!.tag === 'equal')) out.push(group)
  return out
}

function opcodes(a: readonly string[], b: readonly string[]): Opcode[] {
  const codes: Opcode[] = []
  let i = 0
  let j = 0
  for (const block of [...matchingBlocks(a, b), { i: a.length, j: b.length, size: 0 }]) {
    if (i < block.i || j < block.j) {
      const tag: Tag = i < block.i && j < block.j ? 'replace' : i < block.i ? 'delete' : 'insert'
      codes.push({ tag, i1: i, i2: block.i, j1: j, j2: block.j })
    }
    i = block.i + block.size
    j = block.j + block.size
    if (block.size > 0) codes.push({ tag: 'equal', i1: block.i, i2: i, j1: block.j, j2: j })
  }
  return codes
}

interface Block {
  readonly i: number
  readonly j: number
  readonly size: number
}

/** The longest common stretch, then the same on either side of it. */
function matchingBlocks(a: readonly string[], b: readonly string[]): Block[] {
  const positions = linePositions(b)
  const blocks: Block[] = []
  const pending: [number, number, number, number][] = [[0, a.length, 0, b.length]]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [aLow, aHigh, bLow, bHigh] = next
    const match = longestMatch(a, b, positions, next)
    if (match.size === 0) continue
    blocks.push(match)
    pending.push([aLow, match.i, bLow, match.j], [match.i + match.size, aHigh, match.j + match.size, bHigh])
  }
  blocks.sort((x, y) => x.i - y.i || x.j - y.j)
  return blocks.reduce<Block[]>((merged, block) => {
    const last = merged.at(-1)
    if (last !== undefined && last.i + last.size === block.i && last.j + last.size === block.j) {
      merged[merged.length - 1] = { i: last.i, j: last.j, size: last.size + block.size }
    } else merged.push(block)
    return merged
  }, [])
}

function linePositions(b: readonly string[]): Map<string, number[]> {
  const positions = new Map<string, number[]>()
  b.forEach((line, j) => {
    const list = positions.get(line)
    if (list === undefined) positions.set(line, [j])
    else list.push(j)
  })
  if (b.length >= popularFrom) {
    const most = Math.floor(b.length / 100) + 1
    for (const [line, list] of positions) if (list.length > most) positions.delete(line)
  }
  return positions
}

function longestMatch(
  a: readonly string[],
  b: readonly string[],
  positions: ReadonlyMap<string, readonly number[]>,
  [aLow, aHigh, bLow, bHigh]: readonly [number, number, number, number],
): Block {
  let [bestI, bestJ, size] = [aLow, bLow, 0]
  let lengths = new Map<number, number>()
  for (let i = aLow; i < aHigh; i++) {
    const next = new Map<number, number>()
    for (const j of positions.get(a[i]!) ?? []) {
      if (j < bLow) continue
      if (j >= bHigh) break
      const length = (lengths.get(j - 1) ?? 0) + 1
      next.set(j, length)
      if (length > size) [bestI, bestJ, size] = [i - length + 1, j - length + 1, length]
    }
    lengths = next
  }
  // Popular lines are not looked for, but they lengthen what was found.
  while (bestI > aLow && bestJ > bLow && a[bestI - 1] === b[bestJ - 1]) {
    bestI--
    bestJ--
    size++
  }
  while (bestI + size < aHigh && bestJ + size < bHigh && a[bestI + size] === b[bestJ + size]) size++
  return { i: bestI, j: bestJ, size }
}
