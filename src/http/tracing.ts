import { AsyncLocalStorage } from 'node:async_hooks'

/** Where in a trace something happens. Source: W3C Trace Context. */
export interface SpanContext {
  /** 32 hexadecimal digits, not all 0. */
  readonly traceId: string
  /** 16 hexadecimal digits, not all 0. */
  readonly spanId: string
  /** Whoever takes part keeps a record of it. */
  readonly sampled: boolean
  /** What others have to tell of the trace, as it came; empty: nothing. */
  readonly state: string
  /** Goes where the trace goes, as it came; empty: nothing. */
  readonly baggage: string
}

export type Attribute = string | number | boolean

/** Something that takes time, while it does. */
export interface Span {
  readonly context: SpanContext
  set(name: string, value: Attribute): void
  /** @param error what went wrong, if it did */
  end(error?: string): void
}

export interface SpanOptions {
  readonly kind: 'server' | 'client'
  /** Absent: a trace begins here. */
  readonly parent?: SpanContext
  /** Another trace that this one was caused by. */
  readonly link?: SpanContext
  /** Wall clock, milliseconds. Default: now. */
  readonly startedAt?: number
  readonly attributes?: Readonly<Record<string, Attribute>>
}

/** Makes spans, and sees to it that those that are sampled are sent somewhere. */
export interface Tracer {
  start(name: string, options: SpanOptions): Span
}

/** Holds what a request is traced by, wherever its work leads; nobody but `inSpan` puts anything in, so that it costs nothing before. */
const current = new AsyncLocalStorage<{ readonly tracer: Tracer; readonly span: Span }>()

/** Does something as a part of a span: what is asked of other servers meanwhile belongs to it. */
export const inSpan = <T>(tracer: Tracer, span: Span, work: () => T): T => current.run({ tracer, span }, work)

/** A call of another server. */
export interface ClientSpan {
  /** For the call: tell the other server where in the trace it is. */
  readonly headers: Readonly<Record<string, string>>
  set(name: string, value: Attribute): void
  end(error?: string): void
}

/** Begins a call of another server; undefined where nothing is traced. */
export function clientSpan(name: string, attributes: Readonly<Record<string, Attribute>>): ClientSpan | undefined {
  const active = current.getStore()
  if (active === undefined) return undefined
  const span = active.tracer.start(name, { kind: 'client', parent: active.span.context, attributes })
  return {
    headers: headersOf(span.context),
    set: (key, value) => span.set(key, value),
    end: (error) => span.end(error),
  }
}

const traceparent = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Where in a trace a request is by its headers; undefined: in none, or they are not as they must be. */
export function spanContextOf(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): SpanContext | undefined {
  const { traceparent: parent, tracestate = '', baggage = '' } = headers
  const [, version, traceId, spanId, flags, more] = traceparent.exec(typeof parent === 'string' ? parent : '') ?? []
  if (traceId === undefined || spanId === undefined || version === 'ff') return undefined
  // A later version may say more, this one must not.
  if (version === '00' && more !== undefined) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  const sampled = (Number.parseInt(flags!, 16) & 1) === 1
  return { traceId, spanId, sampled, state: bounded(tracestate), baggage: bounded(baggage) }
}

/** What is too long to be passed on is dropped. Source: the least that W3C Baggage asks of everybody. */
const bounded = (header: string | readonly string[]): string => {
  const text = typeof header === 'string' ? header : header.join(',')
  return text.length <= 8192 ? text : ''
}

function headersOf({ traceId, spanId, sampled, state, baggage }: SpanContext): Record<string, string> {
  return {
    traceparent: `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`,
    ...(state !== '' && { tracestate: state }),
    ...(baggage !== '' && { baggage }),
  }
}
