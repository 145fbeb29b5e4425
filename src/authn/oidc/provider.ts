import { isObject, quote } from '../../api/index.js'
import { type Dialer, type FetchedDocument, fetchDocument } from '../../http/index.js'
import { KeySet } from './key-set.js'

export interface ProviderOptions {
  /** Default: straight. */
  readonly dial?: Dialer | undefined
  /** PEM; undefined: the system's authorities. */
  readonly ca: string | undefined
  /** Where the discovery document is; empty: at the usual place below the issuer. */
  readonly discoveryUrl: string
  /** Ends all that is under way. */
  readonly signal: AbortSignal
  readonly now: () => number
  /** Told of every fetch of keys: the document, undefined if there was none. */
  readonly onKeys?: (document: Buffer | undefined) => void
}

/**
 * Asks an issuer where its keys are, by OpenID Connect Discovery.
 *
 * @throws Error in the words of go-oidc
 */
export async function discover(issuer: string, options: ProviderOptions): Promise<KeySet> {
  const { ca, discoveryUrl, signal, dial } = options
  const url = discoveryUrl === '' ? `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration` : discoveryUrl
  const document = await fetchDocument(url, { ca, signal, dial })
  if (document.status !== 200) throw new Error(`${document.statusText}: ${readable(document.bytes)}`)
  const told = jsonOf(document, 'oidc: failed to decode provider discovery object')
  if (told.issuer !== issuer) {
    const got = quote(typeof told.issuer === 'string' ? told.issuer : '')
    throw new Error(`oidc: issuer did not match the issuer returned by provider, expected ${quote(issuer)} got ${got}`)
  }
  const keysUrl = told.jwks_uri
  if (typeof keysUrl !== 'string' || keysUrl === '') throw new Error('provider did not return JWKS URL')
  return new KeySet(async () => {
    try {
      const keys = await fetchDocument(keysUrl, { ca, signal, dial })
      if (keys.status !== 200) throw new Error(`oidc: get keys failed: ${keys.statusText} ${readable(keys.bytes)}`)
      const set = jsonOf(keys, 'oidc: failed to decode keys')
      options.onKeys?.(keys.bytes)
      return Array.isArray(set.keys) ? set.keys.filter(isObject) : []
    } catch (error) {
      options.onKeys?.(undefined)
      throw error
    }
  }, options.now)
}

function jsonOf({ bytes }: FetchedDocument, failed: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw new Error(`${failed}: ${(error as Error).message}`)
  }
  if (!isObject(value)) throw new Error(`${failed}: it is no object`)
  return value
}

/** Enough of a text to see what went wrong. */
const readable = (bytes: Buffer): string => bytes.subarray(0, 1024).toString('utf8').trim()
