export interface YamlOptions {
  /** Integers that fit 64 bits only without a sign become JsonNumber. Default false: they are floats. */
  readonly exactNumbers?: boolean
}

export interface ParsedYaml {
  /** What sigs.k8s.io/yaml turns the first document into: keys sorted, integers beyond 2^53 as bigint. */
  readonly value: unknown
  /** The text of the strict error about keys that are there twice; undefined if none is. The last one counts. */
  readonly duplicates: string | undefined
}

/** An object with its keys in Go's order, which is that of their bytes. Of equal keys the last one counts. */
export function objectOf(entries: readonly (readonly [string, unknown])[]): object {
  const sorted = [...entries].sort(([a], [b]) => compareBytes(a, b))
  return Object.fromEntries(sorted)
}

/** The order of Go's strings: by their bytes. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    // UTF-16 orders surrogates below U+E000, UTF-8 above. One without its other half is written as U+FFFD.
    if (x >= 0xd800 && y >= 0xd800) return Buffer.compare(Buffer.from(a), Buffer.from(b)) || x - y
    return x - y
  }
  return a.length - b.length
}
