import type { CallNode, Library, LibraryFunction, Overload, Range } from '../library.js'
import { addRanges, fixed, multiplyRanges, scaleRange, stringTraversalFactor, unlimited } from '../ranges.js'
import { sizeOfValue } from '../sizes.js'
import { listOf, type Type, types } from '../types.js'
import { asGoList, CelError, itemsOf, type List, type Value } from '../values.js'
import { traversal, walksAndKeepsSize, walksText } from './costs.js'
import { fn, member, overload } from './declare.js'
import { checkFormatCall } from './format-check.js'
import { formatString } from './format-string.js'
import {
  charAt,
  indexOf,
  lastIndexOf,
  lowerAscii,
  quoteForCel,
  replace,
  split,
  substring,
  trim,
  upperAscii,
} from './text.js'

const { string, int } = types
const strings = listOf(string)

/** cel-go's strings library in version 2. Source: cel-go ext/strings.go; costs: apiserver pkg/cel/library/cost.go. */
export function stringsLibrary(): Library {
  return {
    name: 'cel.lib.ext.strings',
    validators: [{ name: 'format', validate: checkFormatCall }],
    functions: [
      method('charAt', [['string_char_at_int', [int], charAt]], string),
      method(
        'indexOf',
        [
          ['string_index_of_string', [string], indexOf],
          ['string_index_of_string_int', [string, int], indexOf],
        ],
        int,
        searching,
      ),
      method(
        'lastIndexOf',
        [
          ['string_last_index_of_string', [string], lastIndexOf],
          ['string_last_index_of_string_int', [string, int], lastIndexOf],
        ],
        int,
        searching,
      ),
      method('lowerAscii', [['string_lower_ascii', [], lowerAscii]], string, walksAndKeepsSize()),
      method('upperAscii', [['string_upper_ascii', [], upperAscii]], string, walksAndKeepsSize()),
      method('trim', [['string_trim', [], trim]], string, walksAndKeepsSize()),
      method(
        'substring',
        [
          ['string_substring_int', [int], substring],
          ['string_substring_int_int', [int, int], substring],
        ],
        string,
        walksAndKeepsSize(),
      ),
      method(
        'replace',
        [
          ['string_replace_string_string', [string, string], replace],
          ['string_replace_string_string_int', [string, string, int], replace],
        ],
        string,
        { cost: twice, estimate: replacing },
      ),
      method(
        'split',
        [
          ['string_split_string', [string], splitTexts],
          ['string_split_string_int', [string, int], splitTexts],
        ],
        strings,
        { cost: twice, estimate: splitting },
      ),
      joinFunction,
      method('format', [['string_format', [listOf(types.dyn)], format]], string, walksText()),
      fn('strings.quote', overload('strings_quote', [string], string, quoteForCel, quoting)),
    ],
  }
}

const splitTexts = (text: string, separator: string, limit?: number | bigint): Value =>
  asGoList(split(text, separator, limit), 'string')

// biome-ignore lint/suspicious/noExplicitAny: the declared types say what it gets
type Implementation = (...args: any[]) => Value

const method = (
  name: string,
  overloads: readonly (readonly [id: string, args: readonly Type[], call: Implementation])[],
  result: Type,
  costs: Pick<Overload, 'cost' | 'estimate'> = {},
): LibraryFunction =>
  fn(name, ...overloads.map(([id, args, call]) => member(id, [string, ...args], result, call, costs)))

const format = (text: string, args: readonly Value[] | List): string => formatString(text, itemsOf(args))

function join(list: readonly Value[] | List, separator = ''): string {
  const items = itemsOf(list)
  for (const item of items) {
    if (typeof item !== 'string') throw new CelError(`join: invalid input: ${item}`)
  }
  return items.join(separator)
}

const joining: Pick<Overload, 'cost' | 'estimate'> = {
  cost: (_, result) => traversal(sizeOfValue(result), 2),
  estimate({ target, args, sizeOf, itemOf }) {
    if (target === undefined) return undefined
    const count = sizeOf(target)
    const item = itemOf(target)
    let resultSize = item === undefined ? fixed(0) : multiplyRanges(count, sizeOf(item))
    if (args[0] !== undefined) {
      const gaps = { min: Math.max(count.min - 1, 0), max: Math.max(count.max - 1, 0) }
      resultSize = addRanges(resultSize, multiplyRanges(sizeOf(args[0]), gaps))
    }
    return { cost: scaleRange(resultSize, stringTraversalFactor), resultSize }
  },
}

const joinFunction: LibraryFunction = fn(
  'join',
  member('list_join', [strings], string, join, joining),
  member('list_join_string', [strings, string], string, join, joining),
)

const quoting: Pick<Overload, 'cost' | 'estimate'> = {
  cost: ([text]) => traversal(sizeOfValue(text!)),
  estimate({ args, sizeOf }) {
    const size = sizeOf(args[0]!)
    const resultSize = addRanges({ min: size.min, max: Math.min(size.max * 2, unlimited) }, fixed(2))
    return { cost: scaleRange(size, stringTraversalFactor), resultSize }
  },
}

const searching: Pick<Overload, 'cost' | 'estimate'> = {
  cost: ([text]) => Math.floor(Buffer.byteLength(text as string) * stringTraversalFactor),
  estimate: ({ target, sizeOf }) => target && { cost: scaleRange(sizeOf(target), stringTraversalFactor) },
}

/** Reading the text and writing the result. */
const twice = ([text]: readonly Value[]): number => traversal(sizeOfValue(text!), 2)

function replacing({ target, args, sizeOf }: CallNode) {
  const [part, by] = args
  if (target === undefined || part === undefined || by === undefined) return undefined
  const text = sizeOf(target)
  const resultSize = sizeAfterReplacing(text, sizeOf(part), sizeOf(by))
  return { cost: scaleRange(text, 2 * stringTraversalFactor), resultSize }
}

/** An empty part is found around every character; else what matters is whether a replacement makes the text longer. */
function sizeAfterReplacing(text: Range, part: Range, by: Range): Range {
  const most = { count: 0, kept: 0 }
  if (part.min === 0) {
    most.count = text.max < unlimited ? text.max + 1 : text.max
    most.kept = text.max
  } else if (by.max <= part.min) most.kept = text.max
  else most.count = Math.ceil(text.max / part.min)
  const least = { count: 0, kept: 0 }
  if (part.max === 0) {
    least.count = text.min < unlimited ? text.min + 1 : text.min
    least.kept = text.min
  } else if (part.max <= by.min) least.kept = text.min
  else least.count = Math.ceil(text.min / part.max)
  const count = { min: least.count, max: most.count }
  return addRanges(multiplyRanges(count, by), { min: least.kept, max: most.kept })
}

/** At worst every character is a piece of its own. */
function splitting({ target, args, sizeOf }: CallNode) {
  if (target === undefined) return undefined
  const text = sizeOf(target)
  const limit = args[1]?.expr
  const literal = limit?.kind === 'literal' && typeof limit.value === 'number' ? limit.value : undefined
  // A negative limit means none.
  const max = literal === undefined ? text.max : literal < 0 ? unlimited : literal
  return { cost: scaleRange(text, 2 * stringTraversalFactor), resultSize: { min: 0, max } }
}
