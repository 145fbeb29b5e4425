import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientSessionOptions,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { Duplex } from 'node:stream'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { readableOf } from '../body.js'
import { BufferPool } from '../buffer-pool.js'
import { FrameReader, failure, frame, frameType, number32, settingsFrame } from './frames.js'
import { HeaderEncoder } from './hpack.js'
import { batchBytes } from './sender.js'
import { Http2ServerConnection, type ServerConnectionOptions } from './server-connection.js'
import type { ServerStream } from './server-stream.js'

const options: ServerConnectionOptions = {
  maxStreams: 10,
  streamWindow: 100_000,
  connectionWindow: 1 << 20,
  maxHeaderBytes: 1 << 18,
  maxHeaderFields: 1_000,
  batches: new BufferPool(batchBytes),
}

const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0).reverse()) close()
})

type Handler = (stream: ServerStream, headers: IncomingHttpHeaders) => unknown

async function serve(handler: Handler, some: Partial<ServerConnectionOptions> = {}): Promise<Server> {
  const server = createServer((socket) => {
    const connection = new Http2ServerConnection(
      socket,
      { ...options, ...some },
      { request: (stream, headers) => void handler(stream, headers), hasWaiting: () => false, closed: () => undefined },
    )
    open.push(() => connection.destroy())
  })
  open.push(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server
}

/** Node's own client: somebody who has never heard of us. */
function clientOf(server: Server, some: ClientSessionOptions = {}): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, some)
  session.on('error', () => undefined)
  open.push(() => session.destroy())
  return session
}

interface Answer {
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly code: number
}

function ask(session: ClientHttp2Session, headers: Record<string, string>, body?: Buffer): Promise<Answer> {
  return new Promise((resolve) => {
    const stream = session.request({ ':path': '/', ...headers }, { endStream: body === undefined })
    const chunks: Buffer[] = []
    let answer: IncomingHttpHeaders = {}
    stream.on('response', (received) => {
      answer = received
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', () => undefined)
    stream.on('close', () => resolve({ headers: answer, body: Buffer.concat(chunks), code: stream.rstCode ?? 0 }))
    if (body !== undefined) stream.end(body)
  })
}

const bytesOf = (size: number): Buffer => Buffer.from(Uint8Array.from({ length: size }, (_, i) => i * 31 + (i >> 8)))

/** What it is sent, as slowly as it is read. */
const echo: Handler = (stream, headers) => {
  stream.respond(200, { 'x-path': headers[':path'] as string, date: 'today' }, false)
  const body = readableOf(stream)
  body.on('data', (chunk: Buffer) => {
    if (stream.write(chunk)) return
    body.pause()
    stream.whenDrained(() => body.resume())
  })
  body.on('end', () => stream.end())
  body.on('error', () => undefined)
}

describe('with a client of node', () => {
  test.each<[string, ClientSessionOptions]>([
    ['plain', {}],
    ['small windows', { settings: { initialWindowSize: 100 } }],
    ['no table for headers', { settings: { headerTableSize: 0 } }],
    ['large frames', { settings: { maxFrameSize: 1 << 20, initialWindowSize: 1 << 20 } }],
    ['padding', { paddingStrategy: constants.PADDING_STRATEGY_MAX }],
  ])('%s: whatever is sent comes back', async (_, some) => {
    const session = clientOf(await serve(echo), some)
    const sizes = [0, 1, 1_000, 16_384, 16_385, 70_000, 300_000]
    const send = (path: string, size: number) => ask(session, { ':method': 'POST', ':path': path }, bytesOf(size))
    const answers = await Promise.all(sizes.map((size) => send(`/size/${size}`, size)))
    for (const [i, { headers, body }] of answers.entries()) {
      expect(headers).toMatchObject({ ':status': 200, 'x-path': `/size/${sizes[i]}` })
      expect(body.equals(bytesOf(sizes[i]!))).toBe(true)
    }
    for (let i = 0; i < 200; i++) expect((await send(`/${i % 7}`, i)).body).toHaveLength(i)
  })

  test('an answer larger than all windows, and a head of a request larger than a frame', async () => {
    const large = Buffer.alloc(16 << 20, 7)
    const server = await serve((stream, headers) => {
      stream.respond(200, { 'x-length': String(headers['x-long']).length }, false)
      stream.end(large)
    })
    const { headers, body } = await ask(clientOf(server, { maxSendHeaderBlockLength: 1 << 18 }), {
      'x-long': 'a'.repeat(60_000),
    })
    expect([headers['x-length'], body.length]).toEqual(['60000', large.length])
  })

  test('streams take turns: a small answer does not wait for a large one', async () => {
    const server = await serve((stream, headers) => {
      stream.respond(200, {}, false)
      stream.end(Buffer.alloc(headers[':path'] === '/large' ? 8 << 20 : 100))
    })
    const session = clientOf(server, { settings: { initialWindowSize: 16 << 20 } })
    await once(session, 'connect')
    session.setLocalWindowSize(32 << 20)
    const order: string[] = []
    await Promise.all(['/large', '/small'].map((path) => ask(session, { ':path': path }).then(() => order.push(path))))
    expect(order).toEqual(['/small', '/large'])
  })

  test('who writes is told to wait, and when not to any more', async () => {
    let waits = 0
    const server = await serve(async (stream) => {
      stream.respond(200, {}, false)
      for (let i = 0; i < 200; i++) {
        if (stream.write(Buffer.alloc(10_000))) continue
        waits++
        await new Promise<void>((resolve) => stream.whenDrained(resolve))
      }
      stream.end()
    })
    expect((await ask(clientOf(server), {})).body).toHaveLength(2_000_000)
    expect(waits).toBeGreaterThan(10)
  })

  test('a body that nobody reads is not taken beyond the window, and the answer ends it', async () => {
    let answer = (): void => undefined
    const server = await serve((stream) => {
      answer = () => {
        stream.respond(413, {}, false)
        stream.end(Buffer.from('no'))
      }
    })
    const session = clientOf(server)
    const stream = session.request({ ':method': 'POST', ':path': '/' })
    stream.on('error', () => undefined)
    stream.end(Buffer.alloc(1 << 20))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(stream.writableFinished).toBe(false)
    answer()
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders]
    expect([headers[':status'], String((await once(stream, 'data'))[0])]).toEqual([413, 'no'])
    await once(stream, 'close')
    expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR)
  })

  test('trailers end a body; a handler hears of who goes away', async () => {
    const closed: boolean[] = []
    let begun = 0
    const server = await serve((stream, headers) => {
      stream.onClosed = (complete) => closed.push(complete)
      begun++
      if (headers[':path'] === '/') echo(stream, headers)
    })
    const session = clientOf(server)
    const stream = session.request({ ':method': 'POST', ':path': '/' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '1' }))
    stream.end('abc')
    stream.resume()
    await once(stream, 'close')
    const [second, third] = ['/cancelled', '/cut'].map((path) =>
      session.request({ ':path': path }).on('error', () => undefined),
    )
    await expect.poll(() => begun).toBe(3)
    second!.close(constants.NGHTTP2_CANCEL)
    await expect.poll(() => closed).toEqual([true, false])
    session.destroy()
    expect(third!.destroyed).toBe(true)
    await expect.poll(() => closed).toEqual([true, false, false])
  })
})

interface Heard {
  readonly type: number
  readonly stream: number
  readonly payload: Buffer
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const settings = settingsFrame([])
const request = new HeaderEncoder().encode(
  [
    [':method', 'POST'],
    [':scheme', 'https'],
    [':path', '/'],
  ].map(([name, value]) => ({ name: name!, value: value! })),
)

/** Somebody who says whatever he likes. */
async function against(bytes: readonly Buffer[], handler: Handler = echo, hasWaiting = () => false) {
  const frames: Heard[] = []
  const reader = new FrameReader((type, _, stream, payload) => frames.push({ type, stream, payload }))
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => {
      reader.take(chunk)
      done()
    },
  })
  const ends: [id: number, complete: boolean][] = []
  let closed = 0
  const connection = new Http2ServerConnection(socket, options, {
    request: (stream, headers) => {
      void handler(stream, headers)
      stream.onClosed = (complete) => ends.push([stream.id, complete])
    },
    hasWaiting,
    closed: () => closed++,
  })
  open.push(() => connection.destroy())
  for (const chunk of bytes) socket.emit('data', chunk)
  await new Promise((resolve) => setImmediate(resolve))
  const codeOf = (wanted: number, at: number): number | undefined =>
    frames.find(({ type }) => type === wanted)?.payload.readUInt32BE(at)
  return {
    frames,
    ends,
    closed: () => closed,
    goaway: codeOf(frameType.goaway, 4),
    reset: codeOf(frameType.reset, 0),
    connection,
    socket,
  }
}

const begin = [preface, settings, frame(1, 4, 1, request)]

describe('with somebody who is not to be trusted', () => {
  test.each<[string, Buffer[], number]>([
    ['another protocol', [Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')], failure.protocol],
    ['something before settings', [preface, frame(6, 0, 0, Buffer.alloc(8))], failure.protocol],
    ['data of a stream that nobody opened', [...begin, frame(0, 0, 5, Buffer.alloc(1))], failure.protocol],
    ['a stream of the server', [...begin, frame(1, 4, 2, request)], failure.protocol],
    ['a stream twice', [...begin, frame(3, 0, 1, number32(8)), frame(1, 4, 1, request)], failure.streamClosed],
    ['a frame of 2^24 bytes', [preface, settings, Buffer.from('ffffff000000000001', 'hex')], failure.frameSize],
    ['more padding than frame', [...begin, frame(0, 8, 1, Buffer.from([9, 1]))], failure.protocol],
    ['a block that is not continued', [preface, settings, frame(1, 0, 1, request), frame(6, 0, 0, Buffer.alloc(8))], 1],
    ['a continuation of nothing', [...begin, frame(9, 4, 1, request)], failure.protocol],
    [
      'a block without end',
      [preface, settings, frame(1, 0, 1, request), ...Array(30_000).fill(frame(9, 0, 1, Buffer.alloc(0)))],
      11,
    ],
    ['a table that makes no sense', [preface, settings, frame(1, 4, 1, Buffer.alloc(5, 0xff))], failure.compression],
    ['a window that grows by nothing', [preface, settings, frame(8, 0, 0, number32(0))], failure.protocol],
    ['a window that grows too much', [preface, settings, frame(8, 0, 0, number32(0x7fff_ffff))], failure.flowControl],
    ['a push', [...begin, frame(5, 4, 1, Buffer.from([0, 0, 0, 2, 0x88]))], failure.protocol],
    ['a ping of seven bytes', [preface, settings, frame(6, 0, 0, Buffer.alloc(7))], failure.frameSize],
    ['a ping of a stream', [...begin, frame(6, 0, 1, Buffer.alloc(8))], failure.protocol],
    ['settings of seven bytes', [preface, settings, frame(4, 0, 0, Buffer.alloc(7))], failure.frameSize],
    ['settings of a stream', [...begin, frame(4, 0, 1, Buffer.alloc(0))], failure.protocol],
    ['a window of settings that is too large', [preface, settingsFrame([[4, 0x8000_0000]])], failure.flowControl],
    ['frames too small', [preface, settingsFrame([[5, 100]])], failure.protocol],
    ['half a push', [preface, settingsFrame([[2, 2]])], failure.protocol],
    // A thousand, and as many more as seconds of a slow machine allow.
    ['empty data without end', [...begin, ...Array(2_000).fill(frame(0, 0, 1, Buffer.alloc(0)))], failure.calm],
  ])('%s ends the connection, and says why', async (_, bytes, code) => {
    const { goaway, closed } = await against(bytes)
    expect([goaway, closed()]).toEqual([code, 1])
  })

  test.each<[string, Buffer[], number]>([
    [
      'data behind the end',
      [preface, settings, frame(1, 5, 1, request), frame(0, 0, 1, Buffer.alloc(1))],
      failure.streamClosed,
    ],
    ['more than the window', [...begin, ...Array(8).fill(frame(0, 0, 1, Buffer.alloc(16_384)))], failure.flowControl],
    ['no method', [preface, settings, frame(1, 5, 1, Buffer.from([0x87, 0x84]))], failure.protocol],
    ['trailers that do not end', [...begin, frame(1, 4, 1, Buffer.from([0x00, 1, 0x61, 1, 0x62]))], failure.protocol],
    [
      'more than was announced',
      [
        preface,
        settings,
        frame(1, 4, 1, Buffer.concat([request, Buffer.from([0x0f, 0x0d, 1, 0x32])])),
        frame(0, 0, 1, Buffer.alloc(3)),
      ],
      failure.protocol,
    ],
    [
      'less than was announced',
      [
        preface,
        settings,
        frame(1, 4, 1, Buffer.concat([request, Buffer.from([0x0f, 0x0d, 1, 0x32])])),
        frame(0, 1, 1, Buffer.alloc(1)),
      ],
      failure.protocol,
    ],
    [
      'a length that is none',
      [preface, settings, frame(1, 4, 1, Buffer.concat([request, Buffer.from([0x0f, 0x0d, 1, 0x78])]))],
      failure.protocol,
    ],
    [
      'a stream too many',
      [preface, settings, ...Array.from({ length: 11 }, (_, i) => frame(1, 4, i * 2 + 1, request))],
      failure.refused,
    ],
  ])('%s ends the stream alone', async (_, bytes, code) => {
    const { goaway, reset, closed } = await against(bytes, () => undefined)
    expect([goaway, reset, closed()]).toEqual([undefined, code, 0])
  })

  test('who has his answer and goes on sending is reset after a while, who stops is not', async () => {
    const more = frame(0, 0, 1, Buffer.alloc(5))
    const refusing: Handler = (stream) => stream.respond(503, {}, true)
    const types = ({ frames }: { frames: Heard[] }) => frames.filter((one) => one.stream === 1).map(({ type }) => type)
    const going = await against([...begin, more], refusing)
    const stopping = await Promise.all(
      [
        frame(1, 5, 1, Buffer.from([0x00, 1, 0x61, 1, 0x62])),
        frame(0, 1, 1, Buffer.alloc(0)),
        frame(3, 0, 1, number32(8)),
      ].map((last) => against([...begin, more, last], refusing)),
    )
    expect(types(going)).toEqual([frameType.headers])
    await expect.poll(() => types(going), { timeout: 3_000 }).toEqual([frameType.headers, frameType.reset])
    for (const one of stopping) expect([types(one), one.goaway]).toEqual([[frameType.headers], undefined])
  })

  test('who is told to go may finish', async () => {
    let stream: ServerStream | undefined
    const { connection, frames } = await against(begin, (one) => {
      stream = one
    })
    connection.close()
    stream!.respond(200, {}, false)
    stream!.end(Buffer.from('x'))
    await new Promise((resolve) => setImmediate(resolve))
    // settings, window, its settings; to go; head and data
    expect(frames.map(({ type }) => type)).toEqual([4, 8, 4, 7, 1, 0])
    expect(frames.filter(({ type }) => type === frameType.data).map(({ payload }) => String(payload))).toEqual(['x'])
  })

  test('what was begun by who had not heard yet that he should go is passed over, and harms nobody', async () => {
    let stream: ServerStream | undefined
    const { connection, frames, socket, closed } = await against(begin, (one) => {
      stream ??= one
    })
    connection.close()
    for (const late of [frame(1, 4, 3, request), frame(0, 1, 3, bytesOf(9)), frame(8, 0, 3, number32(5))])
      socket.emit('data', late)
    stream!.respond(200, {}, false)
    stream!.end(Buffer.from('x'))
    await new Promise((resolve) => setImmediate(resolve))
    const about = (id: number) => frames.filter((one) => one.stream === id).map(({ type }) => type)
    expect([about(1), about(3), closed()]).toEqual([[1, 0], [], 0])
    expect(frames.find(({ type }) => type === frameType.goaway)!.payload.readUInt32BE(0)).toBe(1)
  })

  test('answers go together while others of their connection are being made, but not for long', async () => {
    const answer: Handler = (stream) => stream.respond(200, {}, true)
    let waiting = 3
    const { frames } = await against(begin, answer, () => waiting-- > 0)
    expect(frames).toEqual([])
    await expect.poll(() => frames.map(({ type }) => type)).toEqual([4, 8, 4, 1])
    const held = await against(begin, answer, () => true)
    await expect.poll(() => held.frames.map(({ type }) => type)).toEqual([4, 8, 4, 1])
  })

  test('bytes may be cut anywhere', async () => {
    const bytes = Buffer.concat([
      ...begin,
      frame(77, 3, 9, bytesOf(50)),
      frame(2, 0, 1, Buffer.alloc(5)),
      frame(0, 1, 1, bytesOf(40)),
    ])
    for (let size = 1; size <= bytes.length; size += 3) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      )
      const { ends, frames } = await against(chunks)
      await expect.poll(() => ends).toEqual([[1, true]])
      const data = frames.filter(({ type }) => type === frameType.data).map(({ payload }) => payload)
      expect(Buffer.concat(data).equals(bytesOf(40))).toBe(true)
    }
  })

  test('whatever comes, streams end once and nothing is thrown', async () => {
    const any = fc.tuple(
      fc.nat(11),
      fc.nat(255),
      fc.constantFrom(0, 1, 3, 5),
      fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(request)),
    )
    const some = any.map(([type, flags, id, payload]) => frame(type, flags, id, Buffer.from(payload)))
    const chunk = fc.oneof({ weight: 9, arbitrary: some }, fc.uint8Array({ maxLength: 30 }).map(Buffer.from))
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 20 }), async (all) => {
        const { ends, closed, connection } = await against([...begin, ...all])
        connection.destroy()
        expect(new Set(ends.map(([id]) => id)).size).toBe(ends.length)
        expect(ends.some(([id]) => id === 1)).toBe(true)
        expect(closed()).toBe(1)
      }),
      { numRuns: 500 },
    )
  })
})
