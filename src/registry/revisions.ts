import { ApiError } from '../api/index.js'
import type { Revision } from '../store/index.js'
import type { GenericRegistry } from './generic-registry.js'

/** How long a read waits for a revision that lies ahead. Source: apiserver pkg/storage/cacher, blockTimeout. */
const patience = 3_000

/**
 * Waits until the store has reached a revision that a client has seen elsewhere. Throws Timeout (504) after three seconds.
 * Source: apiserver pkg/storage/errors.go, NewTooLargeResourceVersionError.
 *
 * @param named how the client wrote it, to be told: numbers beyond what a revision can be are not exact
 */
export async function waitForRevision(
  registry: GenericRegistry,
  revision: Revision,
  named: Revision | string = revision,
): Promise<void> {
  const { store } = registry.environment
  const deadline = Date.now() + patience
  await registry.fresh()
  while (store.revision < revision) {
    if (Date.now() >= deadline) throw tooLargeRevision(named, store.revision)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/**
 * The revision that a client names by a resourceVersion; 0 if it names none.
 *
 * @param refusal makes an error out of what is wrong; by itself one without a reason (500), as upstream's reads have
 */
export function revisionOf(text: string, refusal = withoutReason): Revision {
  if (text === '') return 0
  const isNumber = /^\d+$/.test(text)
  if (isNumber && (text.length < 20 || BigInt(text) <= maxUint64))
    return Math.min(Number(text), Number.MAX_SAFE_INTEGER)
  const quoted = JSON.stringify(text)
  const why = isNumber ? 'value out of range' : 'invalid syntax'
  throw refusal(`resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: ${why}`)
}

/** A resourceVersion as Go prints the number that it is. */
export const decimalOf = (text: string): string => text.replace(/^0+(?=.)/, '')

const maxUint64 = 2n ** 64n - 1n

const withoutReason = (why: string): ApiError => new ApiError('', why)

export const tooLargeRevision = (asked: Revision | string, current: Revision): ApiError =>
  new ApiError('Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
