import { expect, it } from 'vitest'
import { clientSpan, inSpan, type Span, spanContextOf, type Tracer } from './tracing.js'

const trace = '0af7651916cd43dd8448eb211c80319c'
const span = 'b7ad6b7169203331'

it.each([
  [`00-${trace}-${span}-01`, true],
  [`00-${trace}-${span}-00`, false],
  [`00-${trace}-${span}-03`, true],
  [`cc-${trace}-${span}-01-what-comes`, true],
  [`00-${trace}-${span}-01-x`, undefined],
  [`ff-${trace}-${span}-01`, undefined],
  [`00-${'0'.repeat(32)}-${span}-01`, undefined],
  [`00-${trace}-${'0'.repeat(16)}-01`, undefined],
  [`00-${trace.toUpperCase()}-${span}-01`, undefined],
  ['', undefined],
])('traceparent %s', (traceparent, sampled) => {
  const found = spanContextOf({ traceparent, tracestate: 'a=1', baggage: 'x'.repeat(10_000) })
  expect(found).toEqual(
    sampled === undefined ? undefined : { traceId: trace, spanId: span, sampled, state: 'a=1', baggage: '' },
  )
})

it('calls belong to the span within which they are made, and to none outside', async () => {
  const made: string[] = []
  const tracer: Tracer = {
    start(name, { parent }): Span {
      made.push(`${name} of ${parent?.spanId}`)
      const context = { traceId: trace, spanId: 'c'.repeat(16), sampled: true, state: 's=1', baggage: 'b=2' }
      return { context, set: () => undefined, end: (error) => void made.push(`end ${error}`) }
    },
  }
  const context = { traceId: trace, spanId: span, sampled: true, state: '', baggage: '' }
  const outer: Span = { context, set: () => undefined, end: () => undefined }
  expect(clientSpan('outside', {})).toBeUndefined()
  await inSpan(tracer, outer, async () => {
    await new Promise((resolve) => setTimeout(resolve, 1))
    const call = clientSpan('call', {})!
    expect(call.headers).toEqual({ traceparent: `00-${trace}-${'c'.repeat(16)}-01`, tracestate: 's=1', baggage: 'b=2' })
    call.end('broken')
  })
  expect(clientSpan('outside', {})).toBeUndefined()
  expect(made).toEqual([`call of ${span}`, 'end broken'])
})
