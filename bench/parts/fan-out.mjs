// Many watchers of one thing that changes.
import { open } from './load.mjs'

/** Events a second that all watchers together receive while `change` is called again and again, so many at a time. */
export async function fanOutRate({ url, headers, watchers, seconds, atATime = 1, change }) {
  const sessions = await Promise.all(Array.from({ length: 20 }, () => open(url)))
  let received = 0
  const streams = []
  await Promise.all(
    Array.from({ length: watchers }, (_, i) => {
      const stream = sessions[i % sessions.length].request(headers)
      streams.push(stream)
      stream.on('error', () => {})
      // Frames are counted by their line feed; a chunk may hold several.
      stream.on('data', (chunk) => {
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) received++
      })
      return new Promise((resolve) => stream.on('response', resolve))
    }),
  )
  const end = performance.now() + seconds * 1000
  const began = performance.now()
  for (let i = 0; performance.now() < end; i++) {
    await Promise.all(Array.from({ length: atATime }, (_, writer) => change(writer)))
    // The next change waits until most of the last has arrived: throughput, not the depth of queues, is measured.
    while (received < (i + 1) * atATime * watchers * 0.9 && performance.now() < end) await new Promise(setImmediate)
  }
  const rate = received / ((performance.now() - began) / 1000)
  for (const stream of streams) stream.close()
  for (const session of sessions) session.destroy()
  return rate
}
