import { quote } from '../../api/index.js'

/** Why a text is no decimal int64, as Go's strconv tells it; undefined if it is one. */
export function int64Problem(text: string): string | undefined {
  const problem = (why: string): string => `strconv.ParseInt: parsing ${quote(text)}: ${why}`
  if (!/^[+-]?\d+$/.test(text)) return problem('invalid syntax')
  const value = BigInt(text.replace('+', ''))
  return BigInt.asIntN(64, value) === value ? undefined : problem('value out of range')
}
