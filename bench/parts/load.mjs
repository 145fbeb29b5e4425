// The load generator: HTTP/2 over TLS, a fixed number of requests in flight, spread over a few connections.
import { connect } from 'node:http2'
import { connectHttp2 } from './http2-client.mjs'

/**
 * Sends requests for some time and counts the answers.
 *
 * @param {{ url: string, token?: string, seconds: number, inFlight?: number, connections?: number,
 *   request: (i: number) => { headers: Record<string, string>, body?: Buffer } }} options
 * @returns requests per second, and the median and the 99th percentile of their times in milliseconds
 */
export async function load({ url, token, seconds, inFlight = 64, connections = 4, request }) {
  const sessions = await Promise.all(Array.from({ length: connections }, () => connectHttp2(url)))
  const times = []
  let sent = 0
  let done = 0
  let counting = false
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const end = performance.now() + (seconds + 1) * 1000
  const one = async (session) => {
    const { headers, body } = request(sent++)
    const began = performance.now()
    const status = await session.request({ ...authorization, ...headers }, body)
    if (status >= 300) throw new Error(`${headers[':method'] ?? 'GET'} ${headers[':path']}: ${status}`)
    if (!counting) return
    done++
    times.push(performance.now() - began)
  }
  const worker = async (i) => {
    while (performance.now() < end) await one(sessions[i % sessions.length])
  }
  const workers = Promise.all(Array.from({ length: inFlight }, (_, i) => worker(i)))
  // The first second warms both sides up and is not counted.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  counting = true
  const began = performance.now()
  await workers
  const elapsed = (performance.now() - began) / 1000
  for (const session of sessions) session.close()
  times.sort((a, b) => a - b)
  const at = (share) => times[Math.floor(times.length * share)] ?? 0
  return { rate: done / elapsed, median: at(0.5), p99: at(0.99), count: done }
}

export function open(url) {
  return new Promise((resolve, reject) => {
    const session = connect(url, { rejectUnauthorized: false, settings: { initialWindowSize: 16 << 20 } })
    session.on('error', reject)
    session.on('connect', () => {
      session.setLocalWindowSize(64 << 20)
      resolve(session)
    })
  })
}

/** One request, its body as a buffer. Throws unless the answer is a success. */
export function send(session, headers, body) {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers, { endStream: body === undefined })
    const chunks = []
    let status = 0
    stream.on('response', (h) => {
      status = h[':status']
    })
    stream.on('data', (chunk) => chunks.push(chunk))
    stream.on('error', reject)
    stream.on('end', () => {
      const answer = Buffer.concat(chunks)
      if (status >= 300) reject(new Error(`${headers[':path']}: ${status} ${answer.toString().slice(0, 300)}`))
      else resolve(answer)
    })
    if (body !== undefined) stream.end(body)
  })
}
