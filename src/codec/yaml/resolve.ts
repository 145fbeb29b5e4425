import { canonicalBase64Text } from './binary.js'
import { YamlError } from './errors.js'

/** YAML 1.1 as go-yaml reads it. Float is a number that was written as one: `1.0` is 1, but no key prints it so. */
export type Resolved = null | boolean | string | bigint | number

const words = new Map<string, null | boolean | number>()
for (const word of ['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']) words.set(word, true)
for (const word of ['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']) words.set(word, false)
for (const word of ['', '~', 'null', 'Null', 'NULL']) words.set(word, null)
for (const word of ['.nan', '.NaN', '.NAN']) words.set(word, Number.NaN)
for (const word of ['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF']) words.set(word, Number.POSITIVE_INFINITY)
for (const word of ['-.inf', '-.Inf', '-.INF']) words.set(word, Number.NEGATIVE_INFINITY)

const integer = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)$/
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/
const prefix = 'tag:yaml.org,2002:'

/**
 * The value of a scalar. Integers are bigint, floats number. Source: go.yaml.in/yaml/v2 resolve.go.
 *
 * @param tag as written, resolved to its long form; empty if there is none
 * @param plain not quoted and not a block
 * @throws YamlError
 */
export function resolveScalar(text: string, tag: string, plain: boolean): Resolved {
  const name = tag.startsWith(prefix) ? tag.slice(prefix.length) : undefined
  if (tag === '' ? !plain : name === 'str' || name === undefined) return text
  if (name === 'binary') return canonicalBase64Text(text)
  const value = resolvePlain(text)
  if (tag === '') return value
  const found = kindOf(value)
  if (found === name || name === 'timestamp') return value
  if (name === 'float' && typeof value === 'bigint') return Number(value)
  if (name !== 'bool' && name !== 'int' && name !== 'float' && name !== 'null') return text
  throw new YamlError(`cannot decode !!${found} \`${text}\` as a !!${name}`)
}

function kindOf(value: Resolved): string {
  if (value === null) return 'null'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  return typeof value === 'number' ? 'float' : 'str'
}

function resolvePlain(text: string): Resolved {
  const word = words.get(text)
  if (word !== undefined) return word
  const first = text.charCodeAt(0)
  if (first === 0x2e) return float.test(text) ? finite(text, text) : text
  if (first !== 0x2b && first !== 0x2d && !(first >= 0x30 && first <= 0x39)) return text
  const digits = text.replaceAll('_', '')
  if (digits.length < 100 && integer.test(digits)) {
    const value = parseInteger(digits)
    const fits = BigInt.asIntN(64, value) === value || (BigInt.asUintN(64, value) === value && /^\d/.test(digits))
    if (fits) return value
  }
  return float.test(digits) ? finite(digits, text) : text
}

/** Out of range is no number. */
function finite(digits: string, text: string): number | string {
  const value = Number(digits)
  return Number.isFinite(value) ? value : text
}

function parseInteger(digits: string): bigint {
  const negative = digits.startsWith('-')
  const bare = digits.replace(/^[-+]/, '')
  const octal = /^0[0-7]+$/.test(bare)
  const value = BigInt(octal ? `0o${bare.slice(1)}` : bare)
  return negative ? -value : value
}

/** A key of a mapping as sigs.k8s.io/yaml writes it into JSON. Undefined: it cannot be one. */
export function keyText(key: Resolved): string | undefined {
  if (typeof key === 'string') return key
  if (typeof key === 'boolean') return key ? 'true' : 'false'
  if (typeof key === 'bigint') return BigInt.asIntN(64, key) === key ? key.toString() : undefined
  if (key === null) return undefined
  if (Number.isNaN(key)) return '.nan'
  return Number.isFinite(key) ? shortFloat(key) : key > 0 ? '.inf' : '-.inf'
}

/** Go's FormatFloat(value, 'g', -1, 32). */
function shortFloat(value: number): string {
  const single = Math.fround(value)
  if (!Number.isFinite(single)) return single > 0 ? '.inf' : '-.inf'
  if (single === 0) return Object.is(value, -0) ? '-0' : '0'
  let digits = 1
  while (Math.fround(Number(single.toExponential(digits - 1))) !== single) digits++
  const [mantissa, power] = single.toExponential(digits - 1).split('e') as [string, string]
  const exponent = Number(power)
  if (exponent >= -4 && exponent < 6) return Number(single.toPrecision(digits)).toString()
  const sign = exponent < 0 ? '-' : '+'
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
}
