import { isUtf8 } from 'node:buffer'
import { beyondFloat, type Duplicates, type Literals } from '../../api/index.js'
import { JsonError, readStrict } from './reader.js'
import { countKeys, scanJson } from './scan.js'

export interface JsonOptions {
  /**
   * Objects and arrays within one another. Default 1,000: more than any type needs, and few enough that whatever walks
   * the value may recurse. (Go stops at 10,000, in the same words.)
   */
  readonly maxDepth?: number
  /** Numbers whose text a JavaScript number would not give back become JsonNumber. Default false. */
  readonly exactNumbers?: boolean
  /** Strings and numbers that are written otherwise than Go writes them are told. Default false. */
  readonly literals?: boolean
  /** No key is there twice, nobody needs to look: the text was written by `encodeJson`. Default false. */
  readonly unique?: boolean
}

export interface ParsedJson {
  /** Integers beyond 2^53 are bigint if they fit int64, floats otherwise. Of repeated keys the last one counts. */
  readonly value: unknown
  /** Undefined: no key is there twice. */
  readonly duplicates: Duplicates | undefined
  /** The value holds a JsonNumber. */
  readonly exact: boolean
  /** Where they are told. */
  readonly literals?: Literals | undefined
}

const defaultMaxDepth = 1_000

/**
 * Parses JSON as Go's decoder does. Common texts go through JSON.parse; only what a scan of the bytes finds unusual is
 * read by a reader of our own.
 *
 * @throws JsonError with Go's message
 */
export function parseJson(bytes: Buffer, options: JsonOptions = {}): ParsedJson {
  const { maxDepth = defaultMaxDepth, exactNumbers = false, literals = false, unique = false } = options
  const scan = scanJson(bytes)
  const unusual =
    literals ||
    scan.longIntegers ||
    scan.surrogates ||
    scan.oddNumbers ||
    scan.depth > maxDepth ||
    (scan.highBytes && !isUtf8(bytes))
  if (!unusual) {
    const value = fastParse(scan.highBytes ? bytes.toString('utf8') : bytes.toString('latin1'))
    if (value !== undefined && (unique || countKeys(value) === scan.keys))
      return { value, duplicates: undefined, exact: false }
  }
  const strict = readStrict(bytes, maxDepth, exactNumbers, literals)
  const { value, duplicates, exact, outOfRange } = strict
  if (outOfRange !== undefined) throw new JsonError(beyondFloat(outOfRange))
  return { value, duplicates: duplicates.size === 0 ? undefined : duplicates, exact, literals: strict.literals }
}

function fastParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The strict reader finds the same fault and has the words for it.
    return undefined
  }
}
