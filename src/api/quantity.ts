/**
 * Exact decimal quantities: `100m`, `1.5Gi`, `12e6`. Meaning, canonical form and error texts: apimachinery pkg/api/resource.
 *
 * A quantity is mantissa × 10^scale with scale ≥ -9 (smaller parts are rounded away from zero) and remembers the notation
 * it was written in. Binary notations are capped at the largest int64.
 */
export type QuantityFormat = 'BinarySI' | 'DecimalSI' | 'DecimalExponent'

const wrongFormat =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'" as const
const wrongNumber = 'unable to parse numeric part of quantity'
const wrongSuffix = "unable to parse quantity's suffix"

const nano = -9
const maxInt64 = (1n << 63n) - 1n
const minInt64 = -(1n << 63n)
/** More digits than this are refused: upstream would take them, at the price of quadratic work. */
const maxDigits = 4096
/** Arithmetic treats larger powers of ten as this one, so that `1e999999999` costs nothing. Text forms stay exact. */
const maxArithmeticScale = 1024

const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}
const decimalSuffixes = new Map(Object.entries(decimalExponents).map(([suffix, exponent]) => [exponent, suffix]))
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

const grammar = /^([+-]?)0*([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/
/** Up to three digits and a suffix are canonical as they stand (Ei may exceed the cap). */
const plainlyCanonical = /^(?:0|[1-9][0-9]{0,2}(?:[numkMGTPE]|[KMGTP]i)?)$/

/** What Go takes for white space around a text: the next line too, but no byte order mark. */
const space = /^(?:(?!\ufeff)[\s\u0085])+|(?:(?!\ufeff)[\s\u0085])+$/g

/**
 * The text the API server gives back for a quantity it was sent. Space around the text is dropped, as JSON decoding does.
 *
 * @throws Error with upstream's text if it is no quantity
 */
export function canonicalQuantity(input: string | number | bigint): string {
  if (typeof input === 'string' && plainlyCanonical.test(input)) return input
  const text = typeof input === 'string' ? input.replaceAll(space, '') : String(input)
  return plainlyCanonical.test(text) ? text : parseQuantity(text).toString()
}

/** @throws Error with upstream's text if it is no quantity */
export function parseQuantity(text: string): Quantity {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const quantity = parse(text)
  if (text.length > mostRemembered.characters) return quantity
  if (parsed.size === mostRemembered.texts) parsed.clear()
  parsed.set(text, quantity)
  return quantity
}

/** Quantities do not change, and the same few texts come all the time: a pod is asked for each of its own several times. */
const parsed = new Map<string, Quantity>()
const mostRemembered = { texts: 500, characters: 16 }

function parse(text: string): Quantity {
  if (text === '') throw new Error(wrongFormat)
  const parts = grammar.exec(text)
  if (parts === null) throw new Error(wrongFormat)
  const negative = parts[1] === '-'
  const whole = parts[2] === '' ? '0' : parts[2]!
  const fraction = parts[3] ?? ''
  const { base, exponent, format } = readSuffix(parts[4]!)
  if (whole.length + fraction.length > maxDigits) throw new Error(wrongNumber)
  const digits = whole + fraction
  const value = BigInt(digits)

  if (isShort(whole, fraction, base, exponent)) {
    const scale = (base === 10 ? exponent : 0) - fraction.length
    const amount = base === 2 ? value << BigInt(exponent) : value
    if (scale >= nano && amount <= maxInt64) {
      const canonical =
        base === 2 ? (value & 7n) !== 0n : scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0')
      return new Quantity(negative ? -amount : amount, scale, format, false, canonical ? text : undefined)
    }
  }
  if (!/[0-9]/.test(text.slice(0, text.length - parts[4]!.length))) throw new Error(wrongNumber)
  return wideQuantity(negative, base === 2 ? value << BigInt(exponent) : value, fraction.length, base, exponent, format)
}

export class Quantity {
  static readonly zero = new Quantity(0n, 0, 'DecimalSI', false, '0')

  readonly format: QuantityFormat
  readonly #mantissa: bigint
  readonly #scale: number
  /** Upstream holds it as a big decimal; such a quantity is never given out as an int64. */
  readonly #wide: boolean
  #text: string | undefined

  /** Use `parseQuantity` or `quantityOf`. */
  constructor(mantissa: bigint, scale: number, format: QuantityFormat, wide = false, text?: string) {
    this.#mantissa = mantissa
    this.#scale = scale
    this.format = format
    this.#wide = wide || mantissa > maxInt64 || mantissa < minInt64
    this.#text = text
  }

  /** -1, 0 or 1. */
  get sign(): -1 | 0 | 1 {
    return this.#mantissa === 0n ? 0 : this.#mantissa < 0n ? -1 : 1
  }

  get isZero(): boolean {
    return this.#mantissa === 0n
  }

  compare(other: Quantity): -1 | 0 | 1 {
    const [a, b] = align(this.#mantissa, this.#scale, other.#mantissa, other.#scale)
    return a === b ? 0 : a < b ? -1 : 1
  }

  equals(other: Quantity): boolean {
    return this.compare(other) === 0
  }

  /** The notation is this one's, or the other's if this is zero. */
  add(other: Quantity): Quantity {
    const format = this.isZero ? other.format : this.format
    if (other.isZero) return new Quantity(this.#mantissa, this.#scale, format, this.#wide)
    if (this.isZero) return new Quantity(other.#mantissa, other.#scale, format, this.#wide || other.#wide)
    const [a, b, scale] = align(this.#mantissa, this.#scale, other.#mantissa, other.#scale)
    return new Quantity(a + b, scale, format, this.#wide || other.#wide)
  }

  sub(other: Quantity): Quantity {
    return this.add(other.neg())
  }

  neg(): Quantity {
    return new Quantity(-this.#mantissa, this.#scale, this.format, this.#wide)
  }

  mul(factor: number | bigint): Quantity {
    return new Quantity(this.#mantissa * BigInt(factor), this.#scale, this.format, this.#wide)
  }

  /** Rounded away from zero to a multiple of 10^scale; 0 gives whole numbers, -3 thousandths. Keeps its text if nothing changes. */
  roundUp(scale: number): Quantity {
    if (this.#scale >= scale) return this
    return new Quantity(divideAway(this.#mantissa, scale - this.#scale), scale, this.format, this.#wide)
  }

  /** Whether no part is smaller than 10^scale. */
  isMultipleOf(scale: number): boolean {
    return this.roundUp(scale).equals(this)
  }

  get isInteger(): boolean {
    return this.isMultipleOf(0)
  }

  /**
   * Upstream's test for whole numbers, which looks at thousandths, rounded away from zero: an int64 has none where they
   * overflow, those of a big decimal lose their upper bits.
   */
  get isWhole(): boolean {
    const thousandths = this.#scaled(-3)
    if (this.#wide) return BigInt.asIntN(64, thousandths) % 1000n === 0n
    return thousandths > maxInt64 || thousandths < minInt64 || thousandths % 1000n === 0n
  }

  /** The number itself, rounded away from zero and kept within int64; a bigint beyond the safe integers. */
  value(): number | bigint {
    return this.scaledValue(0)
  }

  /** Thousandths, rounded away from zero and kept within int64. */
  milliValue(): number | bigint {
    return this.scaledValue(-3)
  }

  scaledValue(scale: number): number | bigint {
    const result = clamp(this.#scaled(scale))
    return result <= Number.MAX_SAFE_INTEGER && result >= Number.MIN_SAFE_INTEGER ? Number(result) : result
  }

  /**
   * The number if it is held as an int64 (CEL's `asInteger`): undefined also for whole numbers written with a fraction or a
   * suffix below one, such as `1000m`.
   */
  asInt64(): bigint | undefined {
    if (this.#wide || this.#scale < 0) return undefined
    const result = this.#scaled(0)
    return result > maxInt64 || result < minInt64 ? undefined : result
  }

  asFloat(): number {
    const base = Number(this.#mantissa)
    return this.#scale === 0 ? base : base * Number(`1e${this.#scale}`)
  }

  /** The canonical text. What was parsed from a text that upstream takes for canonical (`1.500`) is given back as it was. */
  toString(): string {
    this.#text ??= this.#canonical()
    return this.#text
  }

  toJSON(): string {
    return this.toString()
  }

  #canonical(): string {
    if (this.isZero) return '0'
    if (this.format === 'BinarySI' && this.isInteger) {
      let amount = this.#scaled(0)
      if (amount >= 1024n || amount <= -1024n) {
        let power = 0
        for (; power < binarySuffixes.length - 1 && amount % 1024n === 0n; power++) amount /= 1024n
        return `${amount}${binarySuffixes[power]}`
      }
    }
    let amount = this.#mantissa
    let exponent = this.#scale
    for (; amount % 10n === 0n; exponent++) amount /= 10n
    for (; exponent % 3 !== 0; exponent--) amount *= 10n
    if (this.format !== 'DecimalExponent') return `${amount}${decimalSuffixes.get(exponent) ?? ''}`
    return exponent === 0 ? `${amount}` : `${amount}e${exponent}`
  }

  #scaled(scale: number): bigint {
    const up = this.#scale - scale
    return up >= 0 ? this.#mantissa * 10n ** BigInt(Math.min(up, maxArithmeticScale)) : divideAway(this.#mantissa, -up)
  }
}

export const quantityOf = (value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity =>
  new Quantity(BigInt(value), 0, format)

interface Suffix {
  readonly base: 2 | 10
  readonly exponent: number
  readonly format: QuantityFormat
}

function readSuffix(suffix: string): Suffix {
  const decimal = Object.hasOwn(decimalExponents, suffix) ? decimalExponents[suffix] : undefined
  if (decimal !== undefined) return { base: 10, exponent: decimal, format: 'DecimalSI' }
  const power = binarySuffixes.indexOf(suffix)
  if (power > 0) return { base: 2, exponent: power * 10, format: 'BinarySI' }
  if (!/^[eE][-+]?[0-9]{1,19}$/.test(suffix)) throw new Error(wrongSuffix)
  const exponent = BigInt(suffix.slice(suffix[1] === '+' ? 2 : 1))
  if (exponent > maxInt64 || exponent < minInt64) throw new Error(wrongSuffix)
  return { base: 10, exponent: Number(BigInt.asIntN(32, exponent)), format: 'DecimalExponent' }
}

/** Whether upstream keeps the number as an int64; only then is the client's text kept. */
function isShort(whole: string, fraction: string, base: 2 | 10, exponent: number): boolean {
  if (base === 10) return whole.length + fraction.length <= 18
  return fraction === '' && 15 - whole.length - Math.trunc(Math.fround(exponent * 3) / 10) - 1 >= 0
}

function wideQuantity(
  negative: boolean,
  value: bigint,
  fractionDigits: number,
  base: 2 | 10,
  exponent: number,
  format: QuantityFormat,
): Quantity {
  let scale = (base === 10 ? exponent : 0) - fractionDigits
  let amount = value
  if (scale < nano) {
    amount = divideAway(amount, nano - scale)
    scale = nano
  }
  let notation = format
  if (format === 'BinarySI') {
    const one = 10n ** BigInt(-scale)
    if (amount > maxInt64 * one) {
      amount = maxInt64
      scale = 0
    } else if (amount > 0n && amount < one) {
      notation = 'DecimalSI'
    }
  }
  return new Quantity(negative ? -amount : amount, scale, notation, true)
}

/** amount / 10^places, away from zero. */
function divideAway(amount: bigint, places: number): bigint {
  if (amount === 0n) return 0n
  const sign = amount < 0n ? -1n : 1n
  if (places > maxDigits + maxArithmeticScale) return sign
  const divisor = 10n ** BigInt(places)
  const quotient = amount / divisor
  return amount % divisor === 0n ? quotient : quotient + sign
}

function align(a: bigint, aScale: number, b: bigint, bScale: number): [bigint, bigint, number] {
  if (aScale === bScale) return [a, b, aScale]
  const left = Math.min(aScale, maxArithmeticScale)
  const right = Math.min(bScale, maxArithmeticScale)
  const scale = Math.min(left, right)
  return [a * 10n ** BigInt(left - scale), b * 10n ** BigInt(right - scale), scale]
}

const clamp = (value: bigint): bigint => (value > maxInt64 ? maxInt64 : value < minInt64 ? minInt64 : value)
