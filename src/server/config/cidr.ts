import { isIP } from 'node:net'

export interface Cidr {
  readonly family: 4 | 6
  /** The first address, host bits cleared. */
  readonly base: bigint
  readonly prefixLength: number
}

/** `10.0.0.0/24`, or undefined if it is none. Host bits are dropped, as upstream does. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length = '', more] = text.trim().split('/')
  const family = isIP(address)
  const bits = family === 4 ? 32 : 128
  if (family === 0 || more !== undefined || !/^\d{1,3}$/.test(length) || Number(length) > bits) return undefined
  const hostBits = BigInt(bits - Number(length))
  const base = (addressNumber(address) >> hostBits) << hostBits
  return { family: family as 4 | 6, base, prefixLength: Number(length) }
}

/** How many addresses it has, as far as a safe integer goes. */
export const cidrSize = ({ family, prefixLength }: Cidr): number =>
  2 ** Math.min(52, (family === 4 ? 32 : 128) - prefixLength)

/** The nth address of a range, counted from 0. */
export function nthAddress({ family, base }: Cidr, n: number): string {
  const address = base + BigInt(n)
  return family === 4 ? dotted(address) : compressed(address)
}

function addressNumber(text: string): bigint {
  if (isIP(text) === 4) return text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
  const [head = '', tail] = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, ipv4Words).split('::')
  const words = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const last = words(tail ?? '')
  const first = words(head)
  const zeros = new Array<string>(8 - first.length - last.length).fill('0')
  return [...first, ...zeros, ...last].reduce((sum, word) => (sum << 16n) | BigInt(`0x${word}`), 0n)
}

const ipv4Words = (text: string): string => {
  const number = addressNumber(text)
  return `${(number >> 16n).toString(16)}:${(number & 0xffffn).toString(16)}`
}

const dotted = (n: bigint): string => [24n, 16n, 8n, 0n].map((shift) => String((n >> shift) & 0xffn)).join('.')

function compressed(n: bigint): string {
  const words = [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n].map((shift) => ((n >> shift) & 0xffffn).toString(16))
  const runs = [...words.join(':').matchAll(/(?<![0-9a-f])0(:0)+(?![0-9a-f])/g)].map(([run]) => run)
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '')
  if (longest === '') return words.join(':')
  const text = words.join(':')
  const at = runs.length === 1 ? text.indexOf(longest) : text.search(new RegExp(`(?<![0-9a-f])${longest}(?![0-9a-f])`))
  return `${text.slice(0, at).replace(/:$/, '')}::${text.slice(at + longest.length).replace(/^:/, '')}`
}
