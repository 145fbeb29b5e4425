import { isLabelValue, isQualifiedName, nameRules } from '../../api/index.js'
import type { CallNode, Library, Overload } from '../library.js'
import { regexLengthFactor, scaleRange, stringTraversalFactor } from '../ranges.js'
import { sizeOfValue } from '../sizes.js'
import { listOf, objectType, optionalOf, types } from '../types.js'
import { CelError, Opaque, Optional, type Value } from '../values.js'
import { fn, member, overload } from './declare.js'
import { checkRequestUrl } from './go-url.js'

export const formatType = objectType('kubernetes.NamedFormat')

export class FormatValue extends Opaque {
  readonly type = formatType

  constructor(
    readonly name: string,
    readonly check: (text: string) => readonly string[],
    /** What its regular expression counts as to the cost model. */
    readonly regexSize: number,
  ) {
    super()
  }

  equals(other: Opaque): boolean {
    if (!(other instanceof FormatValue)) throw new CelError('no such overload')
    return this.name === other.name
  }
}

const matches =
  (holds: (text: string) => boolean, otherwise: string) =>
  (text: string): readonly string[] =>
    holds(text) ? [] : [otherwise]

const { dns1123Label, dns1123Subdomain, dns1035Label } = nameRules

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const dateTime = /^(.{10})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})$/i

/** By their name after `format.`. */
const formats: ReadonlyMap<string, FormatValue> = new Map(
  (
    [
      ['dns1123Label', 'DNS1123Label', (text) => dns1123Label(text, false), 30],
      ['dns1123Subdomain', 'DNS1123Subdomain', (text) => dns1123Subdomain(text, false), 60],
      ['dns1035Label', 'DNS1035Label', (text) => dns1035Label(text, false), 30],
      ['qualifiedName', 'QualifiedName', isQualifiedName, 60],
      ['dns1123LabelPrefix', 'DNS1123LabelPrefix', (text) => dns1123Label(text, true), 30],
      ['dns1123SubdomainPrefix', 'DNS1123SubdomainPrefix', (text) => dns1123Subdomain(text, true), 60],
      ['dns1035LabelPrefix', 'DNS1035LabelPrefix', (text) => dns1035Label(text, true), 30],
      ['labelValue', 'LabelValue', isLabelValue, 40],
      ['uri', 'URI', uriErrors, 1103],
      ['uuid', 'uuid', matches((text) => uuid.test(text), 'does not match the UUID format'), 70],
      ['byte', 'byte', matches(isBase64, 'invalid base64'), 84],
      ['date', 'date', matches(isDate, 'invalid date'), 71],
      ['datetime', 'datetime', matches(isDateTime, 'invalid datetime'), 71],
    ] as const satisfies readonly (readonly [string, string, (text: string) => readonly string[], number])[]
  ).map(([name, own, check, size]) => [name, new FormatValue(own, check, size)]),
)

/** Source: apiserver pkg/cel/library/format.go. */
export function formatsLibrary(): Library {
  const validate: Overload = member(
    'format-validate',
    [formatType, types.string],
    optionalOf(listOf(types.string)),
    ({ check }: FormatValue, text: string) => {
      const wrong = check(text)
      return wrong.length === 0 ? Optional.none : new Optional(wrong)
    },
    { cost, estimate },
  )
  const find = (name: string) => {
    const found = formats.get(name)
    return found === undefined ? Optional.none : new Optional(found)
  }
  return {
    name: 'kubernetes.format',
    // Names of formats are short: 64 characters at most.
    equality: [{ type: formatType, estimate: () => scaleRange({ min: 1, max: 64 }, stringTraversalFactor) }],
    since: 31,
    functions: [
      fn('validate', validate),
      fn('format.named', overload('format-named', [types.string], optionalOf(formatType), find)),
      ...[...formats].map(([name, format]) =>
        fn(
          `format.${name}`,
          overload(`format.${name}`, [], formatType, () => format),
        ),
      ),
    ],
  }
}

function cost([format, text]: readonly Value[]): number {
  const walk = Math.ceil((1 + sizeOfValue(text!)) * stringTraversalFactor)
  return walk * Math.ceil((format as FormatValue).regexSize * regexLengthFactor)
}

/** Whichever format it is. */
const longestRegex = 128

function estimate({ args: [text], sizeOf }: CallNode) {
  if (text === undefined) return undefined
  const walk = scaleRange(sizeOf(text), stringTraversalFactor)
  return { cost: scaleRange(walk, longestRegex * regexLengthFactor) }
}

function uriErrors(text: string): readonly string[] {
  try {
    checkRequestUrl(text)
    return []
  } catch (error) {
    if (error instanceof CelError) return [error.message]
    throw error
  }
}

function isBase64(text: string): boolean {
  return text.length > 0 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text)
}

function isDate(text: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) return false
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}

function isDateTime(text: string): boolean {
  const parts = dateTime.exec(text)
  return parts !== null && isDate(parts[1]!) && parts[2]! <= '23' && parts[3]! <= '59' && parts[4]! <= '59'
}
