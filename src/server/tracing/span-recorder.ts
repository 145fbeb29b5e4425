import { randomBytes } from 'node:crypto'
import type { Attribute, Span, SpanContext, SpanOptions, Tracer } from '../../http/index.js'

/** A span that is over, as it is sent. Times are wall clock, milliseconds with a fraction. */
export interface FinishedSpan {
  readonly name: string
  readonly kind: SpanOptions['kind']
  readonly context: SpanContext
  /** Empty: a trace begins here. */
  readonly parentId: string
  /** Who began the trace is another process. */
  readonly remoteParent: boolean
  readonly link: SpanContext | undefined
  readonly startedAt: number
  readonly endedAt: number
  readonly attributes: ReadonlyMap<string, Attribute>
  /** What went wrong; undefined: nothing. */
  readonly error: string | undefined
}

export interface SpanRecorderOptions {
  /** From 0 to 1: of traces that begin here. Those of others are recorded if the others do. */
  readonly ratio: number
  readonly finished: (span: FinishedSpan) => void
  /** Wall clock, milliseconds. */
  readonly now?: () => number
}

/** Makes spans and gives those that are sampled to whoever sends them. Source: OpenTelemetry's ParentBased(TraceIDRatioBased). */
export class SpanRecorder implements Tracer {
  readonly #options: Required<SpanRecorderOptions>
  /** Traces are sampled whose last 63 bits are below; so all who sample at a rate agree on which. */
  readonly #bound: bigint

  constructor(options: SpanRecorderOptions) {
    this.#options = { now: () => performance.timeOrigin + performance.now(), ...options }
    this.#bound = BigInt(Math.floor(options.ratio * 2 ** 31)) << 32n
  }

  start(name: string, options: SpanOptions): Span {
    const { parent, startedAt, link } = options
    const traceId = parent?.traceId ?? newId(16)
    const context: SpanContext = {
      traceId,
      spanId: newId(8),
      sampled: parent?.sampled ?? this.#samples(traceId),
      state: parent?.state ?? '',
      baggage: (parent ?? link)?.baggage ?? '',
    }
    if (!context.sampled) return { context, set: () => undefined, end: () => undefined }
    const { now, finished } = this.#options
    const attributes = new Map(Object.entries(options.attributes ?? {}))
    const begin = startedAt ?? now()
    let over = false
    return {
      context,
      set: (key, value) => void attributes.set(key, value),
      end(error) {
        if (over) return
        over = true
        const { kind } = options
        const related = {
          parentId: parent?.spanId ?? '',
          remoteParent: kind === 'server' && parent !== undefined,
          link,
        }
        finished({
          name,
          kind,
          context,
          ...related,
          startedAt: begin,
          endedAt: Math.max(begin, now()),
          attributes,
          error,
        })
      },
    }
  }

  #samples(traceId: string): boolean {
    return BigInt(`0x${traceId.slice(16)}`) >> 1n < this.#bound
  }
}

/** Random, and not all 0. */
function newId(bytes: number): string {
  const id = randomBytes(bytes)
  if (id.every((byte) => byte === 0)) id[0] = 1
  return id.toString('hex')
}
