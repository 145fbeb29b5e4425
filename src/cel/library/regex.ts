import type { CallNode, Library } from '../library.js'
import { addRanges, fixed, multiplyRanges, regexLengthFactor, scaleRange, stringTraversalFactor } from '../ranges.js'
import { RegexCache } from '../regex-cache.js'
import { sizeOfValue } from '../sizes.js'
import { listOf, types } from '../types.js'
import { asGoList, CelError, type Value } from '../values.js'

/**
 * `find` and `findAll`.
 *
 * @see apiserver pkg/cel/library/regex.go
 */
export function regexLibrary(cache = new RegexCache()): Library {
  const compiled = (pattern: string) => {
    try {
      return cache.get(pattern)
    } catch (error) {
      throw new CelError(`Illegal regex: ${(error as CelError).message}`)
    }
  }
  const findAll = (text: string, pattern: string, limit: number | bigint): string[] => {
    const matcher = compiled(pattern).matcher(text)
    const found: string[] = []
    let end = -1
    while ((limit < 0 || found.length < limit) && matcher.find()) {
      // Go leaves out an empty match that touches the one before.
      if (matcher.end() > matcher.start() || matcher.start() !== end) found.push(matcher.group() ?? '')
      end = matcher.end()
    }
    return asGoList(found, 'string')
  }
  const check = ([, pattern]: readonly (Value | undefined)[]): void => {
    if (typeof pattern === 'string') cache.get(pattern)
  }
  const costs = { cost, estimate, check }
  return {
    name: 'kubernetes.regex',
    functions: [
      {
        name: 'find',
        overloads: [
          {
            id: 'string_find_string',
            member: true,
            args: [types.string, types.string],
            result: types.string,
            call(text: string, pattern: string) {
              const matcher = compiled(pattern).matcher(text)
              return matcher.find() ? (matcher.group() ?? '') : ''
            },
            ...costs,
          },
        ],
      },
      {
        name: 'findAll',
        overloads: [
          {
            id: 'string_find_all_string',
            member: true,
            args: [types.string, types.string],
            result: listOf(types.string),
            call: (text: string, pattern: string) => findAll(text, pattern, -1),
            ...costs,
          },
          {
            id: 'string_find_all_string_int',
            member: true,
            args: [types.string, types.string, types.int],
            result: listOf(types.string),
            call: findAll,
            ...costs,
          },
        ],
      },
    ],
  }
}

/** Walking the text once for about every fourth character of the pattern; an empty text is not free. */
function cost(args: readonly Value[]): number {
  const text = Math.ceil((1 + sizeOfValue(args[0]!)) * stringTraversalFactor)
  return text * Math.ceil(sizeOfValue(args[1]!) * regexLengthFactor)
}

function estimate({ target, args, sizeOf }: CallNode) {
  if (target === undefined || args[0] === undefined) return undefined
  const size = sizeOf(target)
  const text = scaleRange(addRanges(size, fixed(1)), stringTraversalFactor)
  const pattern = scaleRange(sizeOf(args[0]), regexLengthFactor)
  // At worst every character is a match of its own.
  return { cost: multiplyRanges(text, pattern), resultSize: { min: 0, max: size.max } }
}
