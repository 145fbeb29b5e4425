import type { AuditEvent } from './event.js'

/**
 * Takes events. The answer, false if they are lost, decides only in the mode "blocking-strict"; a promise is returned only
 * where something is waited for. Never throws or rejects: what goes wrong is told to a FailureHook.
 */
export interface Backend {
  process(events: readonly AuditEvent[]): boolean | Promise<boolean>
  /** Delivers what is still held. Called once, after the last event. */
  close(): Promise<void>
}

/** Told of events that could not be recorded, and by which part. */
export type FailureHook = (plugin: string, problem: string, events: readonly AuditEvent[]) => void

/** Hands every event to all backends. */
export function backendUnion(backends: readonly Backend[]): Backend {
  if (backends.length === 1) return backends[0]!
  return {
    process(events) {
      return all(backends.map((backend) => backend.process(events)))
    },
    close: async () => void (await Promise.all(backends.map((backend) => backend.close()))),
  }
}

/** Whether all went well; waits only if there is something to wait for. */
export function all(results: readonly (boolean | Promise<boolean>)[]): boolean | Promise<boolean> {
  const waiting = results.filter((result) => typeof result !== 'boolean')
  const settled = results.every((result) => result !== false)
  return waiting.length === 0 ? settled : Promise.all(waiting).then((late) => settled && late.every(Boolean))
}

/** The mode "blocking": events that are lost do not stop a request. */
export function ignoringLoss(backend: Backend): Backend {
  return {
    process(events) {
      const result = backend.process(events)
      return typeof result === 'boolean' ? true : result.then(() => true)
    },
    close: () => backend.close(),
  }
}
