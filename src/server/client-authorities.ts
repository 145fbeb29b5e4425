import { readFileSync } from 'node:fs'
import { CaBundle } from '../authn/index.js'
import { watchFiles } from '../http/index.js'
import type { ServerConfig } from './config.js'
import type { Logger } from './logs/logger.js'

/** How often certificate files are looked at. Upstream is told of changes by the kernel. */
export const certificateReloadMs = 2_000

/** Who vouches for clients and for front proxies, kept equal to the files that flags name. */
export class ClientAuthorities {
  /** --client-ca-file. */
  readonly clients: CaBundle | undefined
  /** --requestheader-client-ca-file. */
  readonly frontProxies: CaBundle | undefined
  readonly #watched: { close(): void }[] = []
  readonly #listeners = new Set<() => void>()

  /** @throws Error if a file cannot be read or has no certificates */
  constructor(
    { clientCaFile, requestHeader }: ServerConfig['authentication'],
    readonly log: Logger,
  ) {
    this.clients = this.#follow(clientCaFile)
    this.frontProxies = this.#follow(requestHeader.clientCaFile)
  }

  /** Calls `listener` after every change. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  close(): void {
    for (const watched of this.#watched) watched.close()
    this.#listeners.clear()
  }

  #follow(file: string): CaBundle | undefined {
    if (file === '') return undefined
    const bundle = new CaBundle(readFileSync(file))
    this.#watched.push(watchFiles([file], certificateReloadMs, () => this.#reload(bundle, file)))
    return bundle
  }

  #reload(bundle: CaBundle, file: string): void {
    try {
      bundle.replace(readFileSync(file))
    } catch (error) {
      this.log.error(error, 'Changed certificate authorities cannot be used; the old ones stay', { file })
      return
    }
    this.log.info(1, 'Certificate authorities were read again', { file })
    for (const listener of this.#listeners) listener()
  }
}
