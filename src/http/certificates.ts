import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { type WatchedFiles, watchFiles } from './watched-files.js'

/** A certificate chain and its key in PEM, or the files that hold them, which are then read again when they change. */
export type CertificateSource =
  | { readonly cert: string | Buffer; readonly key: string | Buffer }
  | { readonly certFile: string; readonly keyFile: string }

export interface SniSource {
  readonly source: CertificateSource
  /** Host names, `*.example.com` among them. Default: the DNS names of the certificate and its common name. */
  readonly names?: readonly string[]
}

/** PEM certificates, or files of them, which are then read again when they change. */
export type CaSource = { readonly ca: string | Buffer } | { readonly caFiles: readonly string[] }

export interface CertificateOptions {
  readonly certificate: CertificateSource
  readonly sni: readonly SniSource[]
  readonly clientCa: CaSource | undefined
  /** What all contexts share: versions, ciphers. */
  readonly context: SecureContextOptions
  readonly reloadMs: number
  /** The default context's new options, after a reload. */
  readonly onReload: (options: SecureContextOptions) => void
  /** A changed file that cannot be used: the old certificate stays. */
  readonly onError: (error: Error) => void
}

/** The serving certificates: the default one and those by server name, kept equal to their files. */
export class Certificates {
  readonly #options: CertificateOptions
  readonly #watched: WatchedFiles | undefined
  #byName: ReadonlyMap<string, SecureContext>

  /** @throws Error if a certificate, a key or the CA bundle cannot be read or used */
  constructor(options: CertificateOptions) {
    this.#options = options
    createSecureContext(this.default)
    this.#byName = this.#contexts()
    const files = [options.certificate, ...options.sni.map(({ source }) => source)].flatMap((source) =>
      'certFile' in source ? [source.certFile, source.keyFile] : [],
    )
    if (options.clientCa !== undefined && 'caFiles' in options.clientCa) files.push(...options.clientCa.caFiles)
    if (files.length > 0) this.#watched = watchFiles(files, options.reloadMs, () => this.#reload())
  }

  /** Options for the context used when no server name matches. */
  get default(): SecureContextOptions {
    return this.#contextOptions(this.#options.certificate)
  }

  /** The context for a server name, undefined for the default one. */
  find(serverName: string): SecureContext | undefined {
    if (this.#byName.size === 0) return undefined
    const name = serverName.toLowerCase().replace(/\.+$/, '')
    const exact = this.#byName.get(name)
    if (exact !== undefined) return exact
    const labels = name.split('.')
    for (let i = 0; i < labels.length; i++) {
      labels[i] = '*'
      const match = this.#byName.get(labels.join('.'))
      if (match !== undefined) return match
    }
    return undefined
  }

  /** Looks at the files now instead of at the next interval. */
  check(): void {
    this.#watched?.check()
  }

  close(): void {
    this.#watched?.close()
  }

  #reload(): void {
    try {
      const options = this.default
      createSecureContext(options)
      this.#byName = this.#contexts()
      this.#options.onReload(options)
    } catch (error) {
      this.#options.onError(error as Error)
    }
  }

  /** Explicit names win over those read from certificates, earlier sources over later ones. */
  #contexts(): ReadonlyMap<string, SecureContext> {
    const byName = new Map<string, SecureContext>()
    const implicit: [string, SecureContext][] = []
    for (const { source, names } of this.#options.sni) {
      const options = this.#contextOptions(source)
      const context = createSecureContext(options)
      if (names !== undefined && names.length > 0) {
        for (const name of names) setOnce(byName, name.toLowerCase(), context)
      } else {
        for (const name of namesOf(options.cert as Buffer)) implicit.push([name, context])
      }
    }
    for (const [name, context] of implicit) setOnce(byName, name, context)
    return byName
  }

  #contextOptions(source: CertificateSource): SecureContextOptions {
    const { context, clientCa } = this.#options
    const pair =
      'certFile' in source ? { cert: readFileSync(source.certFile), key: readFileSync(source.keyFile) } : source
    if (clientCa === undefined) return { ...context, ...pair }
    const ca = 'caFiles' in clientCa ? clientCa.caFiles.map((file) => readFileSync(file)) : clientCa.ca
    return { ...context, ...pair, ca }
  }
}

function setOnce<T>(map: Map<string, T>, key: string, value: T): void {
  if (!map.has(key)) map.set(key, value)
}

function namesOf(pem: Buffer | string): string[] {
  const certificate = new X509Certificate(pem)
  const names = (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((name) => name.startsWith('DNS:'))
    .map((name) => name.slice(4).toLowerCase())
  const common = /(?:^|\n)CN=(.+)/.exec(certificate.subject)?.[1]
  if (common !== undefined && isIP(common) === 0) names.push(common.toLowerCase())
  return names
}
