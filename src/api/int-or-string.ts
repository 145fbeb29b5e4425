import { isPercent } from './names.js'
import { quote } from './quote.js'

/** intstr.IntOrString as JSON has it: a number, or a text such as `25%`. */
export type IntOrString = number | string

/**
 * The number itself, or the percentage of a total.
 *
 * @throws Error with the text of apimachinery pkg/util/intstr if it is neither
 */
export function scaledIntOrPercent(value: IntOrString, total: number, roundUp: boolean): number {
  if (typeof value === 'number') return value
  const number = value.slice(0, -1)
  if (isPercent(value).length > 0) {
    const why = value.endsWith('%')
      ? `invalid value ${quote(number)}: strconv.Atoi: parsing ${quote(number)}: invalid syntax`
      : 'invalid type: string is not a percentage'
    throw new Error(`invalid value for IntOrString: ${why}`)
  }
  const share = (Number(number) * total) / 100
  return roundUp ? Math.ceil(share) : Math.floor(share)
}
