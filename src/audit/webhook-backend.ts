import type { Backend, FailureHook } from './backend.js'
import { eventJson } from './event.js'

/** What an event by itself begins with, and the items of a list do not. */
const typed = '{"kind":"Event","apiVersion":"audit.k8s.io/v1",'

/** Sends a body and resolves when it was taken. Rejects with what went wrong. */
export type Post = (body: Buffer) => Promise<void>

/** Source: apiserver pkg/util/webhook, DefaultRetryBackoffWithInitialDelay. */
const attempts = 5
const factor = 1.5
const jitter = 0.2

/**
 * Posts events as an EventList, and tries again whatever has gone wrong. Source: apiserver plugin/pkg/audit/webhook.
 *
 * @param initialBackoffMs before the second attempt; then half as long again each time
 */
export function webhookBackend(
  post: Post,
  initialBackoffMs: number,
  random: () => number,
  failed: FailureHook,
): Backend {
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
  return {
    async process(events) {
      const items = events.map((event) => `{${eventJson(event).slice(typed.length)}`).join(',')
      const body = Buffer.from(`{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${items}]}`)
      let delay = initialBackoffMs
      for (let attempt = 1; ; attempt++) {
        try {
          await post(body)
          return true
        } catch (error) {
          if (attempt === attempts) {
            failed('webhook', (error as Error).message, events)
            return false
          }
        }
        await pause(delay * (1 + random() * jitter))
        delay *= factor
      }
    },
    close: () => Promise.resolve(),
  }
}
