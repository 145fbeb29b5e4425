import type { IncomingHttpHeaders } from 'node:http'
import type { Exchange, UserInfo } from '../http/index.js'
import { type Authenticator, CredentialError } from './authenticator.js'
import type { CaBundle } from './ca-bundle.js'
import { subjectOf, VerifiedChains } from './client-certificate.js'

/** The `--requestheader-*` flags. Header names in any case. */
export interface RequestHeaderOptions {
  readonly ca: CaBundle
  /** Common names of proxies that may speak for others; empty: all that the CA has certified. */
  readonly allowedNames: readonly string[]
  readonly usernameHeaders: readonly string[]
  readonly uidHeaders: readonly string[]
  readonly groupHeaders: readonly string[]
  readonly extraHeaderPrefixes: readonly string[]
}

/** A front proxy that has authenticated the user itself and tells so in headers, believed for its client certificate's sake. */
export function requestHeaders(options: RequestHeaderOptions, now: () => number = Date.now): Authenticator {
  const usernames = lower(options.usernameHeaders)
  const uids = lower(options.uidHeaders)
  const groups = lower(options.groupHeaders)
  const prefixes = lower(options.extraHeaderPrefixes)
  const allowed = new Set(options.allowedNames)
  const proxies = new VerifiedChains(options.ca, now, (leaf) => {
    const name = subjectOf(leaf, 'CN').at(-1) ?? ''
    if (allowed.size > 0 && !allowed.has(name)) {
      throw new CredentialError(`x509: subject with cn=${name} is not in the allowed list`)
    }
    return true
  })
  return {
    authenticate(context) {
      if (proxies.of(context) !== true) return undefined
      const { exchange } = context
      const name = first(exchange, usernames).trim()
      if (name === '') return undefined
      const uid = first(exchange, uids)
      const extra = extras(exchange, prefixes)
      const user: UserInfo = {
        name,
        ...(uid === '' ? {} : { uid }),
        groups: groups.flatMap((header) => exchange.headerValues(header)).filter((group) => group !== ''),
        ...(Object.keys(extra).length === 0 ? {} : { extra }),
      }
      dropHeaders(exchange.headers, [...usernames, ...uids, ...groups], prefixes)
      return user
    },
  }
}

/** Headers that must not travel on, to handlers or to proxied servers. Lower case. */
export function dropHeaders(headers: IncomingHttpHeaders, names: readonly string[], prefixes: readonly string[]): void {
  for (const name of names) if (headers[name] !== undefined) delete headers[name]
  for (const name in headers) {
    for (const prefix of prefixes) if (name.startsWith(prefix)) delete headers[name]
  }
}

const lower = (names: readonly string[]): string[] => names.map((name) => name.toLowerCase())

function first(exchange: Exchange, names: readonly string[]): string {
  for (const name of names) {
    const value = exchange.headerValues(name)[0]
    if (value !== undefined && value !== '') return value
  }
  return ''
}

function extras(exchange: Exchange, prefixes: readonly string[]): Record<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const prefix of prefixes) {
    for (const header of Object.keys(exchange.headers)) {
      if (!header.startsWith(prefix)) continue
      const key = unescapeKey(header.slice(prefix.length))
      found.set(key, [...(found.get(key) ?? []), ...exchange.headerValues(header)])
    }
  }
  // fromEntries defines own properties, whatever their name
  return Object.fromEntries(found)
}

/** The key in the name of a header of extras; one that is not properly escaped is taken as it is. */
export function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}
