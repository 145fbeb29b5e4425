import type { Attribute, SpanContext } from '../../http/index.js'
import type { FinishedSpan } from './span-recorder.js'

/**
 * Spans as an opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest.
 *
 * @param resource attributes of whoever made them
 */
export function encodeSpans(spans: readonly FinishedSpan[], resource: Readonly<Record<string, string>>): Buffer {
  const scope = message(bytes(1, 'kats'))
  return message(
    bytes(
      1,
      message(
        bytes(1, message(...attributesOf(1, Object.entries(resource)))),
        bytes(2, message(bytes(1, scope), ...spans.map((span) => bytes(2, encodeSpan(span))))),
      ),
    ),
  )
}

const kinds = { server: 2, client: 3 } as const

function encodeSpan(span: FinishedSpan): Buffer {
  const { context, parentId, link, error } = span
  return message(
    bytes(1, Buffer.from(context.traceId, 'hex')),
    bytes(2, Buffer.from(context.spanId, 'hex')),
    bytes(3, context.state),
    bytes(4, Buffer.from(parentId, 'hex')),
    bytes(5, span.name),
    varint(6, kinds[span.kind]),
    nanoseconds(7, span.startedAt),
    nanoseconds(8, span.endedAt),
    ...attributesOf(9, span.attributes),
    ...(link === undefined ? [] : [bytes(13, encodeLink(link))]),
    // STATUS_CODE_ERROR; what went well says nothing.
    ...(error === undefined ? [] : [bytes(15, message(bytes(2, error), varint(3, 2)))]),
    fixed32(16, flagsOf(context, span.remoteParent)),
  )
}

const encodeLink = (link: SpanContext): Buffer =>
  message(
    bytes(1, Buffer.from(link.traceId, 'hex')),
    bytes(2, Buffer.from(link.spanId, 'hex')),
    bytes(3, link.state),
    fixed32(6, flagsOf(link, true)),
  )

/** The W3C flags, that it is known whether the parent is remote, and whether it is. */
const flagsOf = ({ sampled }: SpanContext, remote: boolean): number => (sampled ? 1 : 0) | 0x100 | (remote ? 0x200 : 0)

function* attributesOf(number: number, attributes: Iterable<readonly [string, Attribute]>): Iterable<Buffer> {
  for (const [key, value] of attributes) yield bytes(number, message(bytes(1, key), bytes(2, encodeValue(value))))
}

function encodeValue(value: Attribute): Buffer {
  switch (typeof value) {
    case 'string':
      return Buffer.concat([Buffer.concat([tag(1, 2), length(Buffer.byteLength(value))]), Buffer.from(value)])
    case 'boolean':
      return Buffer.concat([tag(2, 0), length(value ? 1 : 0)])
    case 'number':
      return Buffer.concat([tag(3, 0), length(Math.max(0, Math.trunc(value)))])
  }
}

const message = (...fields: readonly Buffer[]): Buffer => Buffer.concat(fields)
const nothing = Buffer.alloc(0)

/** Bytes, a text or a message; empty texts are left out. */
function bytes(number: number, value: Buffer | string): Buffer {
  const content = typeof value === 'string' ? Buffer.from(value) : value
  return content.length === 0 ? nothing : Buffer.concat([tag(number, 2), length(content.length), content])
}

const varint = (number: number, value: number): Buffer => Buffer.concat([tag(number, 0), length(value)])

function fixed32(number: number, value: number): Buffer {
  const content = Buffer.alloc(4)
  content.writeUInt32LE(value)
  return Buffer.concat([tag(number, 5), content])
}

function nanoseconds(number: number, ms: number): Buffer {
  const content = Buffer.alloc(8)
  content.writeBigUInt64LE(BigInt(Math.round(ms * 1000)) * 1000n)
  return Buffer.concat([tag(number, 1), content])
}

const tag = (number: number, wire: number): Buffer => length((number << 3) | wire)

/** A number of no sign, up to 2^53. */
function length(value: number): Buffer {
  const out: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.push((rest % 0x80) | 0x80)
  out.push(rest)
  return Buffer.from(out)
}
