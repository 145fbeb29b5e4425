const letter = /^\p{L}$/u
const digit = /^\p{Nd}$/u

/** The order in which go-yaml writes keys: numbers inside them by value, letters last. Source: sorter.go. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0
  const left = [...a]
  const right = [...b]
  const common = Math.min(left.length, right.length)
  for (let i = 0; i < common; i++) {
    const [x, y] = [left[i]!, right[i]!]
    if (x === y) continue
    const [xLetter, yLetter] = [letter.test(x), letter.test(y)]
    if (xLetter !== yLetter) return yLetter ? -1 : 1
    if (!xLetter) {
      const leading = (x === '0' || y === '0') && afterNonZero(left, i) ? 1n : 0n
      const [m, n] = [number(left, i, leading), number(right, i, leading)]
      if (m.value !== n.value) return m.value < n.value ? -1 : 1
      if (m.end !== n.end) return m.end - n.end
    }
    return x.codePointAt(0)! - y.codePointAt(0)!
  }
  return left.length - right.length
}

/** Whether the digits right before hold more than zeros. */
function afterNonZero(chars: readonly string[], at: number): boolean {
  for (let i = at - 1; i >= 0 && digit.test(chars[i]!); i--) if (chars[i] !== '0') return true
  return false
}

function number(chars: readonly string[], start: number, leading: bigint): { value: bigint; end: number } {
  let end = start
  let value = leading
  while (end < chars.length && digit.test(chars[end]!)) {
    value = BigInt.asIntN(64, value * 10n + BigInt(chars[end]!.codePointAt(0)! - 0x30))
    end++
  }
  return { value, end }
}
