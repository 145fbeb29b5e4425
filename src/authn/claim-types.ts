import { isObject } from '../api/index.js'
import { CredentialError } from './authenticator.js'
import type { Claims } from './jwt.js'

/** What a claim must be. `time` is a number of seconds; null is nothing for all but audiences. */
export type ClaimType = 'string' | 'time' | 'audience' | { readonly name: string; readonly fields: ClaimTypes }
export type ClaimTypes = Readonly<Record<string, ClaimType>>

/** RFC 7519, 4.1. */
const registered: ClaimTypes = {
  iss: 'string',
  sub: 'string',
  aud: 'audience',
  exp: 'time',
  nbf: 'time',
  iat: 'time',
  jti: 'string',
}

/**
 * Refuses claims of another type than they must have, in go-jose's words. A wrong time or audience ends the reading, of
 * the others the first is told.
 *
 * @throws CredentialError
 */
export function checkClaimTypes(claims: Claims, own: ClaimTypes): void {
  for (const types of [registered, own]) {
    const wrong = firstWrong(claims, types)
    if (wrong !== undefined) throw new CredentialError(wrong)
  }
}

function firstWrong(value: object, types: ClaimTypes): string | undefined {
  let wrong: string | undefined
  for (const [key, given] of Object.entries(value)) {
    if (!Object.hasOwn(types, key)) continue
    const type = types[key]!
    if (type === 'audience') {
      const good = typeof given === 'string' || (Array.isArray(given) && given.every((one) => typeof one === 'string'))
      if (!good)
        throw new CredentialError('go-jose/go-jose/jwt: expected string or array value to unmarshal to Audience')
    } else if (given === null) {
    } else if (type === 'time') {
      if (typeof given !== 'number')
        throw new CredentialError('go-jose/go-jose/jwt: expected number value to unmarshal NumericDate')
    } else if (type === 'string') {
      if (typeof given !== 'string') wrong ??= unfit(given, 'string')
    } else if (isObject(given)) {
      const inner = firstWrong(given, type.fields)
      wrong ??= inner
    } else wrong ??= unfit(given, type.name)
  }
  return wrong
}

const unfit = (value: unknown, type: string): string =>
  `json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value} into Go value of type ${type}`
