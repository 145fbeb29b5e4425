import type { HealthCheck } from './health.js'
import type { Logger } from './logs/logger.js'

/** Work that begins when the server listens. Its failure ends the process. Upstream: PostStartHook. */
export interface PostStartHook {
  readonly name: string
  run(signal: AbortSignal): Promise<void> | void
}

/** Runs the hooks after listening, each a health check that fails until its hook has finished. */
export class PostStartHooks {
  readonly #done = new Set<string>()

  constructor(
    readonly hooks: readonly PostStartHook[],
    readonly log: Logger,
  ) {}

  get checks(): HealthCheck[] {
    return this.hooks.map(({ name }) => ({
      name: `poststarthook/${name}`,
      check: () => {
        if (!this.#done.has(name)) throw new Error('not finished')
      },
    }))
  }

  /** Resolves when all have finished; rejects with the first failure. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(
      this.hooks.map(async ({ name, run }) => {
        try {
          await run(signal)
        } catch (error) {
          throw new Error(`PostStartHook "${name}" failed: ${(error as Error).message}`, { cause: error })
        }
        this.#done.add(name)
        this.log.info(4, 'PostStartHook finished', { hook: name })
      }),
    )
  }
}
