import type { Claims } from '../jwt.js'
import type { JwtConfiguration } from './configuration.js'

/** The user name that a token's claim gives. @throws Error with upstream's words */
export function claimedName(
  claims: Claims,
  { claim, prefix = '' }: JwtConfiguration['claimMappings']['username'],
): string {
  const name = parsed(`parse username claims "${claim}"`, () => text(claims, claim))
  if (claim === 'email' && Object.hasOwn(claims, 'email_verified')) {
    if (parsed("parse 'email_verified' claim", () => flag(claims, 'email_verified')) !== true)
      throw new Error('oidc: email not verified')
  }
  return prefix + name
}

/** One group or many; undefined if the token has no such claim. @throws Error */
export function claimedGroups(
  claims: Claims,
  { claim, prefix = '' }: JwtConfiguration['claimMappings']['groups'],
): readonly string[] | undefined {
  if (claim === '' || !Object.hasOwn(claims, claim)) return undefined
  const value = claims[claim]
  if (value === null) return []
  const all = Array.isArray(value) && value.every(isText) ? value.map((one) => one ?? '') : undefined
  const groups = all ?? [parsed(`parse groups claim "${claim}"`, () => text(claims, claim))]
  return groups.map((group) => prefix + group)
}

export const claimedUid = (claims: Claims, claim: string): string =>
  parsed(`parse uid claim "${claim}"`, () => text(claims, claim))

/** @throws Error unless the claim is there with this value */
export function requireClaim(claims: Claims, claim: string, value: string): void {
  if (!Object.hasOwn(claims, claim)) throw new Error(`oidc: required claim ${claim} not present in ID token`)
  const got = parsed(`parse claim ${claim}`, () => text(claims, claim))
  if (got !== value) {
    throw new Error(`oidc: required claim ${claim} value does not match. Got = ${got}, want = ${value}`)
  }
}

const isText = (value: unknown): boolean => typeof value === 'string' || value === null

function parsed<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new Error(`oidc: ${what}: ${(error as Error).message}`)
  }
}

/** As Go reads JSON into a string: null leaves it empty. */
function text(claims: Claims, name: string): string {
  if (!Object.hasOwn(claims, name)) throw new Error('claim not present')
  const value = claims[name]
  if (typeof value === 'string') return value
  if (value === null) return ''
  throw new Error(`json: cannot unmarshal ${goKind(value)} into Go value of type string`)
}

function flag(claims: Claims, name: string): boolean {
  const value = claims[name]
  if (typeof value === 'boolean') return value
  if (value === null) return false
  throw new Error(`json: cannot unmarshal ${goKind(value)} into Go value of type bool`)
}

const goKind = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
