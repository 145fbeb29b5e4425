import { once } from 'node:events'
import { constants, createServer, type Http2Server, type ServerHttp2Stream, type ServerOptions } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { Http2ClientConnection, type StreamEnd } from './client-connection.js'
import { frame, number32, settingsFrame } from './frames.js'

const servers: Http2Server[] = []
const connections: Http2ClientConnection[] = []
afterEach(() => {
  for (const connection of connections.splice(0)) connection.destroy(new Error('the test is over'))
  for (const server of servers.splice(0)) server.close()
})

/** Node's own server: somebody who has never heard of us. */
async function serve(options: ServerOptions, answer: (stream: ServerHttp2Stream, path: string) => void, firstId = 1) {
  const server = createServer(options)
  servers.push(server)
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    answer(stream, String(headers[':path']))
  })
  server.on('session', (session) => session.on('error', () => undefined))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  const events: string[] = []
  const connection = await new Promise<Http2ClientConnection>((resolve) => {
    const made: Http2ClientConnection = new Http2ClientConnection(
      socket,
      {
        ready: () => resolve(made),
        retired: () => events.push('retired'),
        closed: ({ message }) => events.push(message),
      },
      firstId,
    )
  })
  connections.push(connection)
  return { server, connection, events, call: (path: string, body?: Buffer) => call(connection, path, body) }
}

interface Answer {
  readonly fields: Record<string, string>
  readonly body: Buffer
  readonly end: StreamEnd | undefined
}

function call(connection: Http2ClientConnection, path: string, body: Buffer = Buffer.alloc(0)): Promise<Answer> {
  return new Promise((resolve) => {
    const fields: Record<string, string> = {}
    const chunks: Buffer[] = []
    connection.open(head(path), [body], true, {
      headers: (all) => {
        for (const { name, value } of all) fields[name] = value
      },
      data: (bytes) => chunks.push(Buffer.from(bytes)),
      ended: (end) => resolve({ fields, body: Buffer.concat(chunks), end }),
    })
  })
}

const head = (path: string) =>
  [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'test'],
  ].map(([name, value]) => ({ name: name!, value: value! }))

const bytesOf = (size: number): Buffer => Buffer.from(Uint8Array.from({ length: size }, (_, i) => i * 31 + (i >> 8)))

/** What it is sent, with trailers. */
function echo(stream: ServerHttp2Stream, path: string): void {
  stream.respond({ ':status': 200, 'x-path': path, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': '' }))
  stream.pipe(stream)
}

describe('with a server of node', () => {
  test.each<[string, ServerOptions]>([
    ['plain', {}],
    ['small windows', { settings: { initialWindowSize: 100 } }],
    ['no table for headers', { settings: { headerTableSize: 0 } }],
    ['padding', { paddingStrategy: constants.PADDING_STRATEGY_MAX }],
    ['two streams at once', { settings: { maxConcurrentStreams: 2 } }],
  ])('%s: whatever is sent comes back', async (_, options) => {
    const { call: send } = await serve(options, echo)
    const sizes = [0, 1, 1_000, 16_384, 16_385, 70_000, 300_000]
    const answers = await Promise.all(sizes.map((size) => send(`/size/${size}`, bytesOf(size))))
    for (const [i, { fields, body, end }] of answers.entries()) {
      expect(end).toBeUndefined()
      expect(fields).toMatchObject({ 'x-path': `/size/${sizes[i]}`, 'grpc-status': '0' })
      expect(body.equals(bytesOf(sizes[i]!))).toBe(true)
    }
    for (let i = 0; i < 300; i++) expect((await send(`/${i % 7}`, bytesOf(i))).body).toHaveLength(i)
  })

  test('an answer larger than all windows, and a head larger than a frame', async () => {
    const size = 48 << 20
    const { call: send } = await serve({ maxSendHeaderBlockLength: 1 << 18 }, (stream) => {
      stream.respond({ ':status': 200, 'x-long': 'ä~'.repeat(12_000) })
      stream.end(Buffer.alloc(size, 7))
    })
    const { fields, body } = await send('/')
    expect(fields['x-long']).toHaveLength(24_000)
    expect(body).toHaveLength(size)
  })

  test('who is refused, cut off or told to go', async () => {
    const {
      server,
      call: send,
      events,
      connection,
    } = await serve({}, (stream, path) => {
      if (path === '/refuse') stream.close(constants.NGHTTP2_REFUSED_STREAM)
      else if (path === '/reset') stream.close(constants.NGHTTP2_INTERNAL_ERROR)
      else if (path === '/early') {
        stream.respond({ ':status': 503 }, { endStream: true })
      } else if (path === '/goaway') {
        stream.session?.goaway(0, (stream.id ?? 0) + 0)
        stream.respond({ ':status': 200 }, { endStream: true })
      } else echo(stream, path)
    })
    expect((await send('/refuse')).end).toMatchObject({ refused: true })
    expect((await send('/reset')).end).toEqual({ message: 'the stream was reset with code 2', refused: false })
    expect((await send('/early', bytesOf(400_000))).fields[':status']).toBe('503')
    expect((await send('/still', bytesOf(10))).body).toHaveLength(10)
    expect((await send('/goaway')).fields[':status']).toBe('200')
    expect(connection.isOpen).toBe(false)
    expect((await send('/late')).end).toMatchObject({ refused: true })
    expect(events[0]).toBe('retired')
    server.close()
  })

  test('who cancels hears nothing, and the others go on', async () => {
    const { connection, call: send } = await serve({ settings: { maxConcurrentStreams: 3 } }, (stream, path) => {
      if (path === '/never') stream.respond({ ':status': 200 })
      else echo(stream, path)
    })
    const heard: string[] = []
    const never = Array.from({ length: 10 }, () =>
      connection.open(head('/never'), [], false, {
        headers: () => heard.push('headers'),
        data: () => heard.push('data'),
        ended: () => heard.push('ended'),
      }),
    )
    for (const stream of never) stream.cancel()
    expect((await send('/x', bytesOf(5))).body).toHaveLength(5)
    expect(heard).toEqual([])
    never[0]!.send(bytesOf(1))
    const pinged = new Promise<void>((resolve) => connection.ping(resolve))
    await pinged
  })

  test('the last number of a stream ends the connection', async () => {
    const { connection, call: send, events } = await serve({}, echo, 0x7fff_ffff - 2)
    const answers = await Promise.all([send('/a', bytesOf(3)), send('/b', bytesOf(4)), send('/c')])
    expect(answers.map(({ body }) => body.length)).toEqual([3, 4, 0])
    expect(answers[2]!.end).toMatchObject({ refused: true })
    expect(connection.isOpen).toBe(false)
    expect(events[0]).toBe('retired')
  })

  test('a connection that is cut ends all its streams', async () => {
    const { call: send, events } = await serve({}, (stream, path) => {
      if (path === '/cut') stream.session?.destroy()
    })
    const answers = await Promise.all([send('/wait'), send('/cut')])
    expect(answers.map(({ end }) => end?.refused)).toEqual([false, false])
    expect(events.at(-1)).toMatch(/closed|ECONNRESET|retired/)
  })
})

/** Somebody who says whatever he likes. */
function against(bytes: readonly Buffer[]): { ends: StreamEnd[]; closed: Error[]; sent: Buffer[] } {
  const sent: Buffer[] = []
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk, _, done) => {
      sent.push(chunk)
      done()
    },
  })
  const ends: StreamEnd[] = []
  const closed: Error[] = []
  const connection: Http2ClientConnection = new Http2ClientConnection(socket, {
    ready: () => {
      const listener = {
        headers: () => undefined,
        data: () => undefined,
        ended: (end: StreamEnd | undefined) => void ends.push(end ?? { message: '', refused: false }),
      }
      for (const path of ['/a', '/b']) connection.open(head(path), [bytesOf(100)], path === '/a', listener)
    },
    retired: () => undefined,
    closed: (error) => void closed.push(error),
  })
  connections.push(connection)
  for (const chunk of bytes) socket.emit('data', chunk)
  return { ends, closed, sent }
}

const settings = settingsFrame([])

describe('with somebody who is not to be trusted', () => {
  test.each<[string, Buffer[]]>([
    ['another protocol', [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]],
    ['data before settings', [frame(0, 0, 1, Buffer.alloc(1))]],
    ['a stream that nobody opened', [settings, frame(0, 0, 5, Buffer.alloc(1))]],
    ['a stream of its own', [settings, frame(1, 4, 2, Buffer.from([0x88]))]],
    ['a frame of 2^24 bytes', [settings, Buffer.from('ffffff000000000001', 'hex')]],
    ['more padding than frame', [settings, frame(0, 8, 1, Buffer.from([9, 1]))]],
    ['a block that is not continued', [settings, frame(1, 0, 1, Buffer.from([0x88])), frame(6, 0, 0, Buffer.alloc(8))]],
    ['a continuation of nothing', [settings, frame(9, 4, 1, Buffer.from([0x88]))]],
    [
      'a block without end',
      [settings, frame(1, 0, 1, Buffer.alloc(0)), ...Array(8_000).fill(frame(9, 0, 1, Buffer.alloc(0)))],
    ],
    ['a table of headers that makes no sense', [settings, frame(1, 4, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]))]],
    ['a window that grows by nothing', [settings, frame(8, 0, 0, number32(0))]],
    ['a window that grows too much', [settings, frame(8, 0, 0, number32(0x7fff_ffff))]],
    ['a push', [settings, frame(5, 4, 1, Buffer.from([0, 0, 0, 2, 0x88]))]],
    ['a ping of seven bytes', [settings, frame(6, 0, 0, Buffer.alloc(7))]],
    ['settings of seven bytes', [settings, frame(4, 0, 0, Buffer.alloc(7))]],
    ['a window of settings that is too large', [settingsFrame([[4, 0x8000_0000]])]],
    ['frames too small', [settingsFrame([[5, 100]])]],
  ])('%s ends the connection', (_, bytes) => {
    const { ends, closed } = against(bytes)
    expect(closed).toHaveLength(1)
    expect(ends).toHaveLength(bytes[0] === settings ? 2 : 0)
  })

  test('frames that nobody knows are passed over, wherever the bytes are cut', () => {
    const bytes = Buffer.concat([
      settings,
      frame(77, 3, 9, bytesOf(50)),
      frame(2, 0, 1, Buffer.alloc(5)),
      frame(3, 0, 1, number32(8)),
    ])
    for (let size = 1; size <= bytes.length; size++) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      )
      expect(against(chunks)).toMatchObject({ closed: [], ends: [{ message: 'the stream was reset with code 8' }] })
    }
  })

  test('whatever comes, streams end once and nothing is thrown', async () => {
    const any = fc.tuple(fc.nat(11), fc.nat(255), fc.constantFrom(0, 1, 3, 5), fc.uint8Array({ maxLength: 40 }))
    const some = any.map(([type, flags, id, payload]) => frame(type, flags, id, Buffer.from(payload)))
    fc.assert(
      fc.property(
        fc.array(fc.oneof(some, fc.uint8Array({ maxLength: 30 }).map(Buffer.from)), { maxLength: 20 }),
        (all) => {
          const { ends, closed } = against([settings, ...all])
          expect(ends.length).toBeLessThanOrEqual(2)
          expect(closed.length).toBeLessThanOrEqual(1)
          if (closed.length === 1) expect(ends).toHaveLength(2)
        },
      ),
      { numRuns: 1_000 },
    )
    await sleep(1)
  })
})
