import { expect, test } from 'vitest'
import type { Exchange } from '../../http/index.js'
import { serveContent } from './serve-content.js'

const modified = new Date('2026-03-04T05:06:07.800Z')
const date = 'Wed, 04 Mar 2026 05:06:07 GMT'
const later = 'Wed, 04 Mar 2026 05:06:08 GMT'
const earlier = 'Wed, 04 Mar 2026 05:06:06 GMT'

async function ask(headers: Record<string, string>, method = 'GET', more: { hash?: string; isNew?: boolean } = {}) {
  const out: Record<string, string> = {}
  let told: [number, string, string] | undefined
  const exchange = {
    method,
    headers,
    header: (name: string, value: string) => {
      out[name] = value
    },
    send: (status: number, type: string, body: Buffer | string) => {
      told = [status, type, String(body)]
    },
  }
  const content = { type: 'a/b', hash: 'X', modified, body: () => Buffer.from('0123456789'), ...more }
  await serveContent(exchange as unknown as Exchange, content)
  const [status, type, body] = told!
  return { status, type, body, headers: out }
}

const whole = [200, '0123456789'] as const

test.each<[Record<string, string>, readonly [number, string], string?]>([
  [{}, whole],
  [{ range: 'bytes=0-1' }, [206, '01'], 'bytes 0-1/10'],
  [{ range: 'bytes=8-99' }, [206, '89'], 'bytes 8-9/10'],
  [{ range: 'bytes=7-' }, [206, '789'], 'bytes 7-9/10'],
  [{ range: 'bytes=-3' }, [206, '789'], 'bytes 7-9/10'],
  [{ range: 'bytes=-99' }, [206, '0123456789'], 'bytes 0-9/10'],
  [{ range: 'bytes= 1 - 2 ,' }, [206, '12'], 'bytes 1-2/10'],
  [{ range: 'bytes=0-1,5-6' }, whole],
  [{ range: 'bytes=10-' }, [416, 'invalid range: failed to overlap\n'], 'bytes */10'],
  [{ range: 'bytes=2-1' }, [416, 'invalid range\n']],
  [{ range: 'bytes=x' }, [416, 'invalid range\n']],
  [{ range: 'bytes=-' }, [416, 'invalid range\n']],
  [{ range: 'items=0-1' }, [416, 'invalid range\n']],
  [{ range: 'bytes=0-1', 'if-range': '"X"' }, [206, '01'], 'bytes 0-1/10'],
  [{ range: 'bytes=0-1', 'if-range': date }, [206, '01'], 'bytes 0-1/10'],
  [{ range: 'bytes=0-1', 'if-range': '"Y"' }, whole],
  [{ range: 'bytes=0-1', 'if-range': later }, whole],
  [{ 'if-match': '"X"' }, whole],
  [{ 'if-match': 'a, *' }, whole],
  [{ 'if-match': 'W/"X"' }, [412, '']],
  [{ 'if-match': '"Y"', 'if-none-match': '"X"' }, [412, '']],
  [{ 'if-none-match': 'W/"X"' }, [304, '']],
  [{ 'if-none-match': '"Y", "X"', range: 'bytes=0-1' }, [304, '']],
  [{ 'if-none-match': '"Y"', 'if-modified-since': later }, whole],
  [{ 'if-modified-since': date }, [304, '']],
  [{ 'if-modified-since': earlier }, whole],
  [{ 'if-modified-since': 'some day' }, whole],
  [{ 'if-unmodified-since': earlier }, [412, '']],
  [{ 'if-unmodified-since': date }, whole],
])('%j', async (headers, [status, body], range) => {
  const answer = await ask(headers)
  expect([answer.status, answer.body, answer.headers['content-range']]).toEqual([status, body, range])
  const sent = status === 200 || status === 206
  expect(answer.headers['accept-ranges']).toBe(sent ? 'bytes' : undefined)
  expect(answer.headers.etag).toBe(status === 416 ? undefined : '"X"')
  expect(answer.headers['last-modified']).toBe(sent || status === 412 ? date : undefined)
  expect(answer.type).toBe(status === 304 ? '' : status === 416 ? 'text/plain; charset=utf-8' : 'a/b')
})

test('what writes is not told that nothing has changed', async () => {
  expect((await ask({ 'if-none-match': '*' }, 'POST')).status).toBe(412)
  expect((await ask({ 'if-modified-since': later }, 'POST')).status).toBe(200)
})

test('what has no tag goes by its date, unless that says too little', async () => {
  const unchanged = await ask({ 'if-modified-since': date }, 'GET', { hash: '' })
  expect([unchanged.status, unchanged.headers]).toEqual([304, { 'last-modified': date }])
  expect((await ask({ 'if-modified-since': date }, 'GET', { hash: '', isNew: true })).status).toBe(200)
  expect((await ask({ 'if-match': '"X"' }, 'GET', { hash: '' })).status).toBe(412)
})
