import type { Tracer } from '../../http/index.js'
import type { Logger } from '../logs/logger.js'
import { readTracingConfiguration } from './configuration.js'
import { SpanRecorder } from './span-recorder.js'
import { SpanSender } from './span-sender.js'

/** What records the spans of a server. */
export interface Tracing {
  readonly tracer: Tracer
  /** Sends what has not been sent. */
  close(): Promise<void>
}

/**
 * Tracing as a file asks for it; undefined if there is none.
 *
 * @throws Error with upstream's message
 */
export async function tracingOf(file: string, instance: string, log: Logger): Promise<Tracing | undefined> {
  if (file === '') return undefined
  const { endpoint, samplingRatePerMillion } = await readTracingConfiguration(file)
  const sender = new SpanSender({
    endpoint,
    resource: { 'service.name': 'apiserver', 'service.instance.id': instance },
    failed: (error, spans) => log.error(error, 'Spans were not sent', { endpoint, spans }),
  })
  return {
    tracer: new SpanRecorder({ ratio: samplingRatePerMillion / 1_000_000, finished: (span) => sender.add(span) }),
    close: () => sender.close(),
  }
}
