import { readFileSync } from 'node:fs'
import { ExecPlugin } from './exec-plugin.js'
import type { KubeconfigUser } from './kubeconfig.js'

/** Files of credentials are read again when they were read so long ago. Source: client-go transport/token_source.go. */
const rereadMs = 60_000

/**
 * Who we are to another server: client certificate, bearer token, name and password, and whom we speak for. Files that
 * rotate are read again as they are used. Never prints what it holds.
 */
export class ClientIdentity {
  readonly #certificate: () => string
  readonly #key: () => string
  readonly #token: () => string
  readonly #fixed: Readonly<Record<string, string | readonly string[]>>
  readonly #plugin: ExecPlugin | undefined

  /**
   * @param cluster what a program that is asked who we are is told of the server
   * @throws Error if a file cannot be read
   */
  constructor(user: KubeconfigUser | undefined, now: () => number = Date.now, cluster?: object) {
    this.#certificate = given(user?.clientCertificateData, user?.clientCertificate, now)
    this.#key = given(user?.clientKeyData, user?.clientKey, now)
    // A file wins over the token beside it, which is what the file said when it was written.
    const file = user?.tokenFile ?? ''
    this.#token = file === '' ? () => user?.token ?? '' : given('', file, now)
    this.#fixed = fixedHeaders(user)
    // Who is known already asks no program.
    const known = this.#token() !== '' || this.#certificate() !== '' || this.#fixed.authorization !== undefined
    this.#plugin = known || user?.exec === undefined ? undefined : new ExecPlugin(user.exec, cluster, now)
  }

  /** Finds out who we are, if that has to be asked for: before the next connection and request. @throws Error */
  prepare(): Promise<unknown> | undefined {
    const found = this.#plugin === undefined || this.#plugin.current !== undefined
    return found ? undefined : Promise.resolve(this.#plugin.fetch())
  }

  /** The headers of the last request were refused. @throws Error */
  async refused(): Promise<void> {
    await this.#plugin?.renew(this.#plugin.current)
  }

  /** PEM, for the next connection; undefined: no certificate is shown. */
  get keyPair(): { readonly cert: string; readonly key: string } | undefined {
    const asked = this.#plugin?.current
    if (asked !== undefined) return asked.cert === '' ? undefined : asked
    const cert = this.#certificate()
    return cert === '' ? undefined : { cert, key: this.#key() }
  }

  /** Headers for the next request, names in lower case. */
  get headers(): Readonly<Record<string, string | readonly string[]>> {
    const token = this.#plugin?.current?.token ?? this.#token().trim()
    return token === '' ? this.#fixed : { ...this.#fixed, authorization: `Bearer ${token}` }
  }
}

function fixedHeaders(user: KubeconfigUser | undefined): Record<string, string | readonly string[]> {
  if (user === undefined) return {}
  const headers: Record<string, string | readonly string[]> = {}
  if (user.username !== '' || user.password !== '') {
    headers.authorization = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`
  }
  if (user.impersonate === '') return headers
  headers['impersonate-user'] = user.impersonate
  if (user.impersonateUid !== '') headers['impersonate-uid'] = user.impersonateUid
  if (user.impersonateGroups.length > 0) headers['impersonate-group'] = user.impersonateGroups
  for (const [key, values] of user.impersonateExtra) {
    headers[`impersonate-extra-${encodeURIComponent(key).toLowerCase()}`] = values
  }
  return headers
}

function given(data: string | undefined, file: string | undefined, now: () => number): () => string {
  if (data !== undefined && data !== '') return () => data
  if (file === undefined || file === '') return () => ''
  let text = readFileSync(file, 'utf8')
  let readAt = now()
  return () => {
    if (now() - readAt < rereadMs) return text
    readAt = now()
    try {
      text = readFileSync(file, 'utf8')
    } catch {
      // what was good a minute ago is the best there is
    }
    return text
  }
}
