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

function compareBytes(a: string, b: string): number {
  if (a === b) return 0
  // UTF-16 orders surrogates below U+E000, UTF-8 above.
  return surrogate.test(a) || surrogate.test(b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : a < b ? -1 : 1
}

const surrogate = /[\ud800-\udfff]/
