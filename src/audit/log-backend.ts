import type { Backend, FailureHook } from './backend.js'
import { eventJson } from './event.js'
import { eventText } from './event-text.js'

/** Where lines go: a LogFile, or standard output. */
export interface LineSink {
  /** @throws Error if the line is lost */
  write(text: string): void
  close(): Promise<void>
}

/** Writes events line by line, before it returns. Source: apiserver plugin/pkg/audit/log. */
export function logBackend(sink: LineSink, format: 'json' | 'legacy', failed: FailureHook): Backend {
  const lineOf = format === 'json' ? eventJson : eventText
  return {
    process(events) {
      let success = true
      for (const event of events) {
        try {
          sink.write(`${lineOf(event)}\n`)
        } catch (error) {
          failed('log', (error as Error).message, [event])
          success = false
        }
      }
      return success
    },
    close: () => sink.close(),
  }
}
