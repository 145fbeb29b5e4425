import type { Duplicates } from '../../api/index.js'

/** The first key that is there twice in its object. */
export function repeatedKey(duplicates: Duplicates | undefined): string | undefined {
  for (const members of duplicates?.values() ?? []) {
    const seen = new Set<string>()
    for (const [key] of members) {
      if (seen.has(key)) return key
      seen.add(key)
    }
  }
  return undefined
}
