import { ApiError } from '../api/index.js'
import type { Revision } from '../store/index.js'
import type { GenericRegistry } from './generic-registry.js'

/** How long a read waits for a revision that lies ahead. Source: apiserver pkg/storage/cacher, blockTimeout. */
const patience = 3_000

/**
 * Waits until the store has reached a revision that a client has seen elsewhere. Throws Timeout (504) after three seconds.
 * Source: apiserver pkg/storage/errors.go, NewTooLargeResourceVersionError.
 */
export async function waitForRevision(registry: GenericRegistry, revision: Revision): Promise<void> {
  const { store } = registry.environment
  const deadline = Date.now() + patience
  await store.fresh()
  while (store.revision < revision) {
    if (Date.now() >= deadline) throw tooLargeRevision(revision, store.revision)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export const tooLargeRevision = (asked: Revision | string, current: Revision): ApiError =>
  new ApiError('Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
