import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'

/** Opens a connection to a host by another way than straight there. Rejects with an Error that says why not. */
export type Dialer = (host: string, port: number) => Promise<Duplex>

/** How long a connection and the way through it may take. */
const dialTimeoutMs = 30_000
/** What a proxy may say before it lets us through. */
const maxHeadBytes = 64 * 1024

/**
 * Goes through a proxy, with the name and password of its URL.
 *
 * @param proxyUrl http, https or socks5
 */
export function proxyDialer(proxyUrl: string): Dialer {
  const url = new URL(proxyUrl)
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port =
    url.port !== '' ? Number(url.port) : url.protocol === 'https:' ? 443 : url.protocol === 'http:' ? 80 : 1080
  if (url.protocol === 'socks5:')
    return (to, at) => through({ host, port }, (socket) => socksConnect(socket, to, at, user, password))
  const headers =
    user === '' && password === ''
      ? {}
      : { 'Proxy-Authorization': `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
  const tls = url.protocol === 'https:' ? {} : undefined
  return (to, at) => through({ host, port, tls }, (socket) => httpConnect(socket, to, at, headers))
}

/** Where a proxy listens. */
export type ProxyPlace =
  | { readonly path: string }
  | {
      readonly host: string
      readonly port: number
      /** Absent: plain TCP. */
      readonly tls?:
        | { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly servername?: string }
        | undefined
    }

/** Straight there, for those who want it said. */
export const straightDialer: Dialer = (host, port) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, host)
    const timer = setTimeout(() => socket.destroy(new Error('i/o timeout')), dialTimeoutMs)
    socket.once('error', reject)
    socket.once('close', () => clearTimeout(timer))
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', reject).setNoDelay(true)
      resolve(socket)
    })
  })

/** A tunnel by HTTP CONNECT. */
export const connectDialer =
  (place: ProxyPlace): Dialer =>
  (host, port) =>
    through(place, (socket) => httpConnect(socket, host, port, {}))

async function through(place: ProxyPlace, ask: (socket: Duplex) => Promise<void>): Promise<Duplex> {
  const socket = open(place)
  let timer: NodeJS.Timeout | undefined
  const failed = new Promise<never>((_, reject) => {
    socket.once('error', reject)
    timer = setTimeout(() => reject(new Error('i/o timeout')), dialTimeoutMs)
  })
  try {
    await Promise.race([ask(socket), failed])
  } catch (error) {
    failed.catch(() => undefined)
    socket.on('error', () => undefined).destroy()
    throw error
  } finally {
    clearTimeout(timer)
    socket.removeAllListeners('error')
  }
  return socket
}

function open(place: ProxyPlace): Duplex {
  if ('path' in place) return connect(place.path)
  const { host, port, tls } = place
  const socket =
    tls === undefined
      ? connect(port, host)
      : connectTls({
          host,
          port,
          ALPNProtocols: ['http/1.1'],
          ...(isAddress(host) ? {} : { servername: host }),
          ...tls,
        })
  return socket.setNoDelay(true)
}

const isAddress = (host: string): boolean => /^[\d.]+$|:/.test(host)

async function httpConnect(
  socket: Duplex,
  host: string,
  port: number,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const lines = Object.entries({ Host: authority, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`CONNECT ${authority} HTTP/1.1\r\n${lines.join('')}\r\n`)
  const head = await read(socket, (bytes) => {
    const end = bytes.indexOf('\r\n\r\n')
    return end < 0 ? undefined : end + 4
  })
  const [, code = '', text = ''] = /^HTTP\/1\.[01] (\d{3}) ?([^\r\n]*)/.exec(head.toString('latin1')) ?? []
  if (code !== '200') throw new Error(code === '' ? 'malformed HTTP response' : text || code)
}

/** Source: RFC 1928, and RFC 1929 for names and passwords. The proxy resolves the host. */
async function socksConnect(socket: Duplex, host: string, port: number, user: string, password: string): Promise<void> {
  const exactly = (length: number): Promise<Buffer> =>
    read(socket, (bytes) => (bytes.length < length ? undefined : length))
  const named = user !== '' || password !== ''
  socket.write(Buffer.from(named ? [5, 2, 0, 2] : [5, 1, 0]))
  const [version, method] = await exactly(2)
  if (version !== 5) throw new Error(`socks connect: unexpected protocol version ${version}`)
  if (method === 2 && named) {
    const [name, secret] = [Buffer.from(user), Buffer.from(password)]
    socket.write(Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([secret.length]), secret]))
    const [, status] = await exactly(2)
    if (status !== 0) throw new Error('socks connect: username/password authentication failed')
  } else if (method !== 0) throw new Error('socks connect: no acceptable authentication methods')
  const name = Buffer.from(host)
  if (name.length > 255) throw new Error('socks connect: FQDN too long')
  socket.write(Buffer.concat([Buffer.from([5, 1, 0, 3, name.length]), name, Buffer.from([port >> 8, port & 0xff])]))
  const [, reply, , kind = 0] = await exactly(4)
  if (reply !== 0) throw new Error(`socks connect: ${socksReplies[reply ?? 0] ?? `unknown code: ${reply}`}`)
  const rest = kind === 1 ? 4 : kind === 4 ? 16 : (await exactly(1))[0]!
  await exactly(rest + 2)
}

const socksReplies: readonly string[] = [
  'succeeded',
  'general SOCKS server failure',
  'connection not allowed by ruleset',
  'network unreachable',
  'host unreachable',
  'connection refused',
  'TTL expired',
  'command not supported',
  'address type not supported',
]

/** Reads until `enough` says how many bytes are; what came beyond them goes back. */
function read(socket: Duplex, enough: (bytes: Buffer) => number | undefined): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0)
    const done = (): void => {
      socket.off('readable', more).off('end', ended).off('close', ended)
    }
    const ended = (): void => {
      done()
      reject(new Error('unexpected EOF'))
    }
    const more = (): void => {
      for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
        bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
      }
      const length = enough(bytes)
      if (length === undefined) {
        if (bytes.length <= maxHeadBytes) return
        done()
        reject(new Error('the proxy has too much to say'))
        return
      }
      done()
      if (bytes.length > length) socket.unshift(bytes.subarray(length))
      resolve(bytes.subarray(0, length))
    }
    socket.on('readable', more).on('end', ended).on('close', ended)
    more()
  })
}
