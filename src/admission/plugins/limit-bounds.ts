import { Quantity } from '../../api/index.js'
import { type Amounts, amountsOf, type ResourceList } from '../pod-resources.js'

/** What a limit range says of one type. */
export interface Bounds {
  readonly min?: ResourceList
  readonly max?: ResourceList
  readonly maxLimitRequestRatio?: ResourceList
}

/** Beyond it amounts are compared in whole units. Source: apimachinery resource.MaxMilliValue. */
const maxMilli = 9_223_372_036_854_775n

/**
 * What is wrong with these requests and limits, in upstream's words.
 *
 * @param limits undefined: there are only requests (claims), and these must not be above the maximum
 */
export function violations(type: string, bounds: Bounds, requests: Amounts, limits: Amounts | undefined): string[] {
  const found: string[] = []
  for (const [name, bound] of amountsOf(bounds.min)) {
    const text = belowMinimum(requests.get(name), limits?.get(name), bound)
    if (text !== undefined) found.push(`minimum ${name} usage per ${type} is ${bound}${text}`)
  }
  for (const [name, bound] of amountsOf(bounds.max)) {
    const text =
      limits === undefined
        ? requestAboveMaximum(requests.get(name), bound)
        : aboveMaximum(requests.get(name), limits.get(name), bound)
    if (text !== undefined) found.push(`maximum ${name} usage per ${type} is ${bound}${text}`)
  }
  if (limits === undefined) return found
  for (const [name, bound] of amountsOf(bounds.maxLimitRequestRatio)) {
    const text = aboveRatio(requests.get(name), limits.get(name), bound)
    if (text !== undefined) found.push(`${name} max limit to request ratio per ${type} is ${bound}, but ${text}`)
  }
  return found
}

function belowMinimum(request: Quantity | undefined, limit: Quantity | undefined, bound: Quantity): string | undefined {
  const [asked, most, least] = comparable(request, limit, bound)
  if (request === undefined) return '.  No request is specified'
  if (asked < least) return `, but request is ${request}`
  return limit !== undefined && most < least ? `, but limit is ${limit}` : undefined
}

function aboveMaximum(request: Quantity | undefined, limit: Quantity | undefined, bound: Quantity): string | undefined {
  const [asked, most, highest] = comparable(request, limit, bound)
  if (limit === undefined) return '.  No limit is specified'
  if (most > highest) return `, but limit is ${limit}`
  return request !== undefined && asked > highest ? `, but request is ${request}` : undefined
}

function requestAboveMaximum(request: Quantity | undefined, bound: Quantity): string | undefined {
  const [asked, , highest] = comparable(request, undefined, bound)
  if (request === undefined) return '.  No request is specified'
  return asked > highest ? `, but request is ${request}` : undefined
}

function aboveRatio(request: Quantity | undefined, limit: Quantity | undefined, bound: Quantity): string | undefined {
  const [asked, most] = comparable(request, limit, bound)
  if (asked === 0n) return 'no request is specified or request is 0'
  if (most === 0n) return 'no limit is specified or limit is 0'
  const ratio = Number(most) / Number(asked)
  const inMillis = BigInt(bound.value()) <= maxMilli
  const tooHigh = inMillis ? ratio * 1000 > Number(bound.milliValue()) : ratio > Number(bound.value())
  return tooHigh ? `provided ratio is ${ratio.toFixed(6)}` : undefined
}

/** In thousandths, rounded up, where all of them fit, or else in whole units. */
function comparable(
  request: Quantity = Quantity.zero,
  limit: Quantity = Quantity.zero,
  bound: Quantity = Quantity.zero,
): [bigint, bigint, bigint] {
  const all = [request, limit, bound] as const
  const whole = all.map((quantity) => BigInt(quantity.value()))
  const fits = whole.every((value) => value <= maxMilli)
  return (fits ? all.map((quantity) => BigInt(quantity.milliValue())) : whole) as [bigint, bigint, bigint]
}
