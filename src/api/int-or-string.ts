import { isPercent } from './names.js'

/** intstr.IntOrString as JSON has it: a number, or a text such as `25%`. */
export type IntOrString = number | string

/**
 * The number itself, or the percentage of a total.
 *
 * @throws Error with the text of apimachinery pkg/util/intstr if it is neither
 */
export function scaledIntOrPercent(value: IntOrString, total: number, roundUp: boolean): number {
  if (typeof value === 'number') return value
  if (isPercent(value).length > 0) {
    throw new Error('invalid value for IntOrString: invalid type: string is not a percentage')
  }
  const share = (Number(value.slice(0, -1)) * total) / 100
  return roundUp ? Math.ceil(share) : Math.floor(share)
}
