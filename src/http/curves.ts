/**
 * Numbers that Go has for key exchanges, in its order of preference, and OpenSSL's names; those with ML-KEM are not in the
 * OpenSSL of every Node. Source: Go crypto/tls CurveID, defaults.go.
 */
const openSslNames: ReadonlyMap<number, string | undefined> = new Map([
  [4588, undefined],
  [4587, undefined],
  [4589, undefined],
  [29, 'X25519'],
  [23, 'P-256'],
  [24, 'P-384'],
  [25, 'P-521'],
])

/**
 * OpenSSL's list for Go's numbers, whose order counts for nothing. An exchange that Node does not know is left out.
 *
 * @throws Error in upstream's words for a number that is none, or is there twice; in ours if Node knows nothing of the list
 * @see component-base cli/flag/curves_flag.go
 */
export function curveList(numbers: readonly number[]): string {
  const chosen = new Set<number>()
  for (const number of numbers) {
    if (number <= 0 || number > 65_535) throw new Error(`curve preference ${number} is out of range (must be 1-65535)`)
    if (chosen.has(number)) throw new Error(`duplicate curve preference ${number}`)
    if (!openSslNames.has(number))
      throw new Error(`curve preference ${number} is not supported by the current Go version`)
    chosen.add(number)
  }
  const names = [...openSslNames].flatMap(([number, name]) => (chosen.has(number) && name !== undefined ? [name] : []))
  if (names.length === 0) throw new Error(`none of the curve preferences ${numbers.join(', ')} is there with Node`)
  return names.join(':')
}
