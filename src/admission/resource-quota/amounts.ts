import { Quantity } from '../../api/index.js'
import type { Amounts } from '../pod-resources.js'

/** Those of `a` less those of `b`, never below zero; what only `b` has is zero. */
export function subtractAmounts(a: Amounts, b: Amounts): Amounts {
  const rest: Amounts = new Map()
  for (const [name, amount] of a) {
    const less = b.get(name)
    const left = less === undefined ? amount : amount.sub(less)
    rest.set(name, left.sign > 0 ? left : Quantity.zero)
  }
  for (const name of b.keys()) if (!rest.has(name)) rest.set(name, Quantity.zero)
  return rest
}

/** The same without what is zero. */
export const withoutZeros = (amounts: Amounts): Amounts => new Map([...amounts].filter(([, amount]) => !amount.isZero))

/** Those whose names are in `names`. */
export const masked = (amounts: Amounts, names: { has(name: string): boolean }): Amounts =>
  new Map([...amounts].filter(([name]) => names.has(name)))

/** `cpu=1,pods=2` */
export const amountsText = (amounts: Amounts): string =>
  [...amounts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, amount]) => `${name}=${amount}`)
    .join(',')
