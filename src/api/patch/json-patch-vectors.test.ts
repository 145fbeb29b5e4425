import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from './json.js'
import { applyJsonPatch, decodeJsonPatch } from './json-patch.js'

interface Vector {
  readonly comment?: string
  readonly doc: Json
  readonly patch: JsonObject[]
  readonly expected?: Json
  readonly error?: string
  readonly disabled?: boolean
}

/**
 * Where kube-apiserver's library (evanphx/json-patch v4) goes its own way, by the number of the vector in tests.json.
 * The vectors are those of json-patch/json-patch-tests.
 */
const otherwise = new Map([
  [10, 'the whole document cannot be replaced'],
  [11, 'the whole document cannot be replaced'],
  [61, 'the whole document cannot be replaced'],
  [18, 'negative positions count from the end'],
  [75, 'a missing value is null'],
  [76, 'a missing value is null'],
  [77, 'a missing value is null'],
  [80, 'a missing member is copied as null'],
  [84, 'positions may have leading zeros'],
  [85, 'positions may have leading zeros'],
])

const vectors = (file: string): Vector[] =>
  JSON.parse(readFileSync(new URL(`./testdata/${file}`, import.meta.url), 'utf8'))

describe.each(['json-patch-tests.json', 'json-patch-spec_tests.json'])('%s', (file) => {
  const all = vectors(file).filter(({ disabled, patch }) => disabled !== true && patch !== undefined)
  test.each(all.map((vector, i) => [i, vector.comment ?? JSON.stringify(vector.patch).slice(0, 80), vector] as const))(
    '%i %s',
    (i, _, { doc, patch, expected, error }) => {
      const run = (): Json => applyJsonPatch(doc, decodeJsonPatch(patch).operations)
      const reason = file === 'json-patch-tests.json' ? otherwise.get(i) : undefined
      const refused = (error !== undefined) !== (reason !== undefined)
      if (refused) expect(run).toThrow()
      else if (expected === undefined || reason !== undefined) expect(run).not.toThrow()
      else expect(run()).toEqual(expected)
    },
  )
})
