import { ipOf, quote } from '../../api/index.js'
import { CelError } from '../values.js'

/** An address without a zone, as Go's net/netip has it: an IPv4 address in IPv6 form is another one. */
export interface Address {
  readonly family: 4 | 6
  /** 32 or 128 bits. */
  readonly value: bigint
}

export interface Prefix {
  readonly address: Address
  readonly bits: number
}

/** @throws CelError also for what Kubernetes does not take: zones and mapped addresses */
export function parseAddress(text: string): Address {
  const { address, zone } = readAddress(text, (why) => {
    throw new CelError(`IP Address ${quote(text)} parse error during conversion from string: ${why}`)
  })
  if (zone !== '') throw new CelError(`IP address ${quote(text)} with zone value is not allowed`)
  if (isMapped(address)) throw new CelError(`IPv4-mapped IPv6 address ${quote(text)} is not allowed`)
  return address
}

/** @throws CelError */
export function parsePrefix(text: string): Prefix {
  const fail = (why: string): never => {
    throw new CelError(
      `network address parse error during conversion from string: netip.ParsePrefix(${quote(text)}): ${why}`,
    )
  }
  const slash = text.lastIndexOf('/')
  if (slash < 0) return fail("no '/'")
  const { address, zone } = readAddress(text.slice(0, slash), fail)
  if (zone !== '') return fail('IPv6 zones cannot be present in a prefix')
  const digits = text.slice(slash + 1)
  if (!/^(?:[0-9]|[1-9][0-9]+)$/.test(digits) || digits.length > 18)
    return fail(`bad bits after slash: ${quote(digits)}`)
  const bits = Number(digits)
  if (bits > width(address)) return fail('prefix length out of range')
  if (isMapped(address)) throw new CelError(`IPv4-mapped IPv6 address ${quote(text)} is not allowed`)
  return { address, bits }
}

export const width = ({ family }: Address): number => (family === 4 ? 32 : 128)

export const addressText = ({ family, value }: Address): string => ipOf(value, family).canonical

/** With the bits behind the prefix cleared. */
export function mask({ address, bits }: Prefix): Prefix {
  const hosts = BigInt(width(address) - bits)
  return { address: { family: address.family, value: (address.value >> hosts) << hosts }, bits }
}

export function prefixContains({ address, bits }: Prefix, other: Address): boolean {
  const hosts = BigInt(width(address) - bits)
  return address.family === other.family && address.value >> hosts === other.value >> hosts
}

const isMapped = ({ family, value }: Address): boolean => family === 6 && value >> 32n === 0xffffn

/** @param fail told Go's error text */
function readAddress(text: string, fail: (why: string) => never): { address: Address; zone: string } {
  const wrong = (why: string, at?: string): never =>
    fail(`ParseAddr(${quote(text)}): ${why}${at === undefined ? '' : ` (at ${quote(at)})`}`)
  const mark = /[.:%]/.exec(text)?.[0]
  if (mark === '.') return { address: { family: 4, value: readV4(text, wrong) }, zone: '' }
  if (mark === ':') return readV6(text, wrong)
  return wrong(mark === '%' ? 'missing IPv6 address' : 'unable to parse IP')
}

type Wrong = (why: string, at?: string) => never

function readV4(text: string, wrong: Wrong): bigint {
  let value = 0n
  let octet = 0
  let digits = 0
  let dots = 0
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char >= '0' && char <= '9') {
      if (digits === 1 && octet === 0) wrong('IPv4 field has octet with leading zero')
      octet = octet * 10 + Number(char)
      digits++
      if (octet > 255) wrong('IPv4 field has value >255')
    } else if (char === '.') {
      if (i === 0 || i === text.length - 1 || text[i - 1] === '.')
        wrong('IPv4 field must have at least one digit', text.slice(i))
      if (dots === 3) wrong('IPv4 address too long')
      value = (value << 8n) | BigInt(octet)
      dots++
      octet = 0
      digits = 0
    } else wrong('unexpected character', text.slice(i))
  }
  if (dots < 3) wrong('IPv4 address too short')
  return (value << 8n) | BigInt(octet)
}

function readV6(text: string, wrong: Wrong): { address: Address; zone: string } {
  const percent = text.indexOf('%')
  const zone = percent < 0 ? '' : text.slice(percent + 1)
  if (percent >= 0 && zone === '') wrong('zone must be a non-empty string')
  let rest = percent < 0 ? text : text.slice(0, percent)
  const words: bigint[] = []
  /** How many words stand before `::`. */
  let gap = -1
  const done = (): { address: Address; zone: string } => {
    if (words.length < 8) {
      if (gap < 0) wrong('address string too short')
      words.splice(gap, 0, ...Array.from({ length: 8 - words.length }, () => 0n))
    } else if (gap >= 0) wrong('the :: must expand to at least one field of zeros')
    return { address: { family: 6, value: words.reduce((sum, word) => (sum << 16n) | word, 0n) }, zone }
  }
  if (rest.startsWith('::')) {
    gap = 0
    rest = rest.slice(2)
    if (rest === '') return done()
  }
  while (words.length < 8) {
    const digits = /^[0-9a-fA-F]*/.exec(rest)![0]
    if (digits.length > 4) wrong('each group must have 4 or less digits', rest)
    if (digits === '') wrong('each colon-separated field must have at least one digit', rest)
    if (rest[digits.length] === '.') {
      if (gap < 0 && words.length !== 6)
        wrong('embedded IPv4 address must replace the final 2 fields of the address', rest)
      if (words.length > 6) wrong('too many hex fields to fit an embedded IPv4 at the end of the address', rest)
      const last = readV4(rest, wrong)
      words.push(last >> 16n, last & 0xffffn)
      rest = ''
      break
    }
    words.push(BigInt(`0x${digits}`))
    rest = rest.slice(digits.length)
    if (rest === '') break
    if (rest[0] !== ':') wrong('unexpected character, want colon', rest)
    if (rest.length === 1) wrong('colon must be followed by more characters', rest)
    rest = rest.slice(1)
    if (rest[0] !== ':') continue
    if (gap >= 0) wrong('multiple :: in address', rest)
    gap = words.length
    rest = rest.slice(1)
    if (rest === '') break
  }
  if (rest !== '') wrong('trailing garbage after address', rest)
  return done()
}

/** The text of Go's ParseAddr for a host in brackets: undefined if it is an IPv6 address, with or without a zone. */
export function ipLiteralError(text: string): string | undefined {
  try {
    const { address } = readAddress(text, (why) => {
      throw new CelError(why)
    })
    return address.family === 4 ? 'invalid IP-literal' : undefined
  } catch (error) {
    if (error instanceof CelError) return `invalid host: ${error.message}`
    throw error
  }
}
