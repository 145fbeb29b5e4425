import { readFile } from 'node:fs/promises'
import { type WatchedFiles, watchFiles } from '../../http/index.js'
import { ResourceSealer } from '../../store/index.js'
import type { HealthCheck } from '../health.js'
import type { Logger } from '../logs/logger.js'
import { hiddenResources, storedResources } from '../storage/stored-resources.js'
import { readEncryptionConfiguration } from './configuration.js'
import { makeProviders, type Providers } from './providers.js'

export interface EncryptionOptions {
  readonly file: string
  /** Read it again when it changes. */
  readonly reload: boolean
  /** What the keys of the storage begin with. */
  readonly prefix: string
  now(): number
  /** See `ProviderOptions`. */
  readonly allowsV1: boolean
  readonly isRemote: boolean
  readonly log: Logger
}

const reloadMs = 60_000
const hidden = new Set(hiddenResources.keys())

/** Encryption at rest, as a file says it. Upstream: --encryption-provider-config. */
export class Encryption {
  readonly sealer: ResourceSealer
  readonly #options: EncryptionOptions
  #providers: Providers
  #files: WatchedFiles | undefined
  #changed: (() => void)[] = []

  private constructor(options: EncryptionOptions, providers: Providers) {
    this.#options = options
    this.#providers = providers
    this.sealer = new ResourceSealer(providers.transformers, storedResources(), options.prefix, hidden)
    if (options.reload) this.#files = watchFiles([options.file], reloadMs, () => void this.reload())
  }

  /** Rejects with all that is wrong with the file. */
  static async open(options: EncryptionOptions): Promise<Encryption> {
    return new Encryption(options, await load(options))
  }

  /** Of the plugins; none without them, unless some may come with a new file. With one that speaks v1, a check for each. */
  get checks(): readonly HealthCheck[] {
    const { kms, hasV1 } = this.#providers
    if (!this.#options.reload && hasV1)
      return kms.map((plugin, i) => ({ name: `kms-provider-${i}`, check: () => plugin.check() }))
    if (!this.#options.reload && kms.length === 0) return []
    return [{ name: 'kms-providers', check: () => this.#check() }]
  }

  /** Reads the file again. What is wrong with it is logged, and what was before stays. */
  async reload(): Promise<void> {
    const { log, file } = this.#options
    let next: Providers
    try {
      next = await load(this.#options)
      await Promise.all(next.kms.map((provider) => provider.check()))
    } catch (error) {
      log.error(error, 'The encryption configuration was not reloaded', { file })
      return
    }
    const before = this.#providers
    this.#providers = next
    this.sealer.set(next.transformers)
    for (const provider of before.kms) provider.close()
    for (const changed of this.#changed) changed()
    log.info(0, 'The encryption configuration was reloaded', { file })
  }

  /** Called when values may have become readable. */
  onChange(changed: () => void): void {
    this.#changed.push(changed)
  }

  close(): void {
    this.#files?.close()
    this.#changed = []
    for (const provider of this.#providers.kms) provider.close()
  }

  async #check(): Promise<void> {
    const failures: string[] = []
    for (const [i, provider] of this.#providers.kms.entries()) {
      await provider.check().catch((error: unknown) => {
        failures.push(`kms-provider-${i}: ${(error as Error).message}`)
      })
    }
    if (failures.length > 0) throw new Error(failures.length === 1 ? failures[0] : `[${failures.join(', ')}]`)
  }
}

async function load({ file, reload, now, allowsV1, isRemote, log }: EncryptionOptions): Promise<Providers> {
  let text: Buffer
  try {
    text = await readFile(file)
  } catch (error) {
    throw new Error(
      `error while parsing file: error while loading file: error opening encryption provider configuration file ${JSON.stringify(file)}: ${(error as Error).message}`,
    )
  }
  const configuration = await readEncryptionConfiguration(file, text, reload).catch((error: unknown) => {
    throw new Error(`error while parsing file: ${(error as Error).message}`)
  })
  const providers = await makeProviders(configuration, { now, allowsV1, isRemote })
  if (providers.hasV1)
    log.info(0, 'KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.')
  return providers
}
