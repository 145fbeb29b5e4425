/** Go's `%v` of a float64: the shortest digits, with an exponent of two digits at least from 1e+06 on and below 1e-04. */
export function goFloat(value: number): string {
  const magnitude = Math.abs(value)
  if (magnitude === 0) return Object.is(value, -0) ? '-0' : '0'
  if (magnitude >= 1e-4 && magnitude < 1e6) return String(value)
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}

/** `%v` of a number that JSON had: an integer up to 2^53 is an int64. */
export const goNumber = (value: number): string => (Number.isSafeInteger(value) ? String(value) : goFloat(value))
