/**
 * Doubles in decimal, rounded half to even on their exact value, as x/text's message printer writes them in American
 * English: groups of three, a raised exponent.
 */
export function fixedPoint(value: number, precision: number): string {
  const named = namedText(value)
  if (named !== undefined) return named
  const { digits, exponent } = exactDigits(Math.abs(value))
  const rounded = roundTo(digits, exponent, -precision)
  const text = rounded.toString().padStart(precision + 1, '0')
  const whole = text.slice(0, text.length - precision).replace(/\B(?=(?:\d{3})+$)/g, ',')
  const sign = value < 0 ? '-' : ''
  // The least number of digits is held in a byte: zeros at the end may be fewer than asked for.
  const least = precision & 0xff
  let fraction = text.slice(text.length - precision)
  if (precision > least) fraction = fraction.slice(0, least) + fraction.slice(least).replace(/0+$/, '')
  return precision === 0 || fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`
}

export function scientific(value: number, precision: number): string {
  const named = namedText(value)
  if (named !== undefined) return named
  let mantissa = '0'
  let power = 0
  if (value !== 0) {
    const { digits, exponent } = exactDigits(Math.abs(value))
    power = digits.toString().length - 1 + exponent
    const rounded = roundTo(digits, exponent, power - precision).toString()
    // 9.99 may have become 10.0.
    if (rounded.length > precision + 1) power++
    mantissa = rounded.slice(0, precision + 1)
  }
  mantissa = mantissa.padEnd(precision + 1, '0')
  const fraction = precision === 0 ? '' : `.${mantissa.slice(1)}`
  const raised = [...String(Math.abs(power)).padStart(2, '0')].map((digit) => superDigits[Number(digit)]).join('')
  return `${value < 0 ? '-' : ''}${mantissa[0]}${fraction}×10${power < 0 ? '⁻' : ''}${raised}`
}

const superDigits = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹']

function namedText(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN'
  if (Number.isFinite(value)) return undefined
  return value > 0 ? '∞' : '-∞'
}

interface Digits {
  readonly digits: bigint
  /** The value is digits × 10^exponent. */
  readonly exponent: number
}

/** The number itself, not the shortest text for it. @param value not negative, finite */
function exactDigits(value: number): Digits {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const raw = bits.getBigUint64(0)
  const biased = Number(raw >> 52n) & 0x7ff
  const fraction = raw & 0xfffffffffffffn
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n)
  const power = (biased === 0 ? 1 : biased) - 1075
  if (power >= 0) return { digits: mantissa << BigInt(power), exponent: 0 }
  // m / 2^n = m × 5^n / 10^n
  return { digits: mantissa * 5n ** BigInt(-power), exponent: power }
}

/** In units of 10^unit. */
function roundTo(digits: bigint, exponent: number, unit: number): bigint {
  const drop = unit - exponent
  if (drop <= 0) return digits * 10n ** BigInt(-drop)
  const divisor = 10n ** BigInt(drop)
  const [quotient, rest] = [digits / divisor, digits % divisor]
  const twice = rest * 2n
  return twice > divisor || (twice === divisor && quotient % 2n === 1n) ? quotient + 1n : quotient
}
