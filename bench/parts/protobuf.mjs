// Protobuf beside JSON: the codec by itself, lists, and watches.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { load, open, send } from './load.mjs'
import { configMap, path, pod } from './objects.mjs'
import { median, startKats } from './processes.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const json = { 'content-type': 'application/json' }
const accepts = { json: 'application/json', protobuf: 'application/vnd.kubernetes.protobuf' }
const bytes = (object) => Buffer.from(JSON.stringify(object))

export async function protobuf({ seconds, pods, watchers }) {
  const server = await startKats()
  const session = await open(server.url)
  const auth = { authorization: `Bearer ${server.token}` }
  let next = 0
  const count = Math.min(pods, 1_000)
  const worker = async () => {
    while (next < count)
      await send(session, { ':method': 'POST', ':path': path('pods'), ...auth, ...json }, bytes(pod(`p${next++}`)))
  }
  await Promise.all(Array.from({ length: 32 }, worker))
  const stored = JSON.parse(await send(session, { ':path': `${path('pods')}/p0`, ...auth }))
  const lists = await byTurns((accept) =>
    load({
      ...server,
      seconds: seconds / 3,
      inFlight: 16,
      request: () => ({ headers: { ':path': `${path('pods')}?limit=500`, accept } }),
    }).then(({ rate }) => rate),
  )
  await send(session, { ':method': 'POST', ':path': path('configmaps'), ...auth, ...json }, bytes(configMap('one')))
  const watches = await byTurns((accept) => fanOut(server, session, auth, accept, Math.min(watchers, 300), seconds / 3))
  session.close()
  await server.stop()
  const row = (what, [ours, other], unit, target) => ({
    what,
    value: `${Math.round(ours)} of ${Math.round(other)} ${unit} = ${(ours / other).toFixed(2)}`,
    target: `at least ${target.toFixed(2)}`,
    met: ours / other >= target,
  })
  const { encode, decode } = await codec(stored, seconds)
  return [
    row('encode a Pod, beside JSON.stringify', encode, 'per ms', 1),
    row('decode a Pod, beside JSON.parse', decode, 'per ms', 0.8),
    row('LIST 500 Pods in protobuf, beside JSON', lists, '/s', 0.35),
    row('watch fan-out in protobuf, beside JSON', watches, 'events/s', 0.9),
  ]
}

/** The medians of protobuf and of JSON, measured by turns. */
async function byTurns(measure) {
  const turns = [[], []]
  for (let turn = 0; turn < 5; turn++)
    for (const [i, form] of ['protobuf', 'json'].entries()) turns[i].push(await measure(accepts[form]))
  return turns.map(median)
}

async function fanOut({ url }, session, auth, accept, watchers, seconds) {
  const now = JSON.parse(await send(session, { ':path': `${path('secrets')}?limit=1`, ...auth })).metadata
    .resourceVersion
  const sessions = await Promise.all(Array.from({ length: 10 }, () => open(url)))
  let received = 0
  await Promise.all(
    Array.from({ length: watchers }, (_, i) => {
      const headers = { ':path': `${path('configmaps')}?watch=true&resourceVersion=${now}`, ...auth, accept }
      const stream = sessions[i % sessions.length].request(headers)
      stream.on('error', () => {})
      stream.on('data', accept === accepts.json ? countLines : frameCounter())
      return new Promise((resolve) => stream.on('response', resolve))
    }),
  )
  function countLines(chunk) {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) received++
  }
  /** Frames have their length in front; a chunk may end within either. */
  function frameCounter() {
    let rest = Buffer.alloc(0)
    return (chunk) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
        rest = rest.subarray(4 + rest.readUInt32BE())
        received++
      }
    }
  }
  const began = performance.now()
  const end = began + seconds * 1000
  for (let i = 0; performance.now() < end; i++) {
    const data = { i: `${began}-${i}`.padStart(700, '0') }
    const headers = { ':method': 'PUT', ':path': `${path('configmaps')}/one`, ...auth, ...json }
    await send(session, headers, bytes({ ...configMap('one'), data }))
    while (received < (i + 1) * watchers * 0.9 && performance.now() < end) await new Promise(setImmediate)
  }
  const rate = received / ((performance.now() - began) / 1000)
  for (const one of sessions) one.destroy()
  return rate
}

/** The codec as it is in the source, bundled for this; per millisecond, ours and JSON's. */
async function codec(object, seconds) {
  const folder = mkdtempSync(join(tmpdir(), 'kats-bench-codec-'))
  try {
    const { build } = await import('esbuild')
    const outfile = join(folder, 'codec.mjs')
    await build({
      entryPoints: [join(root, 'src/codec/index.ts')],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'error',
    })
    // The facts of the types are read from beside the bundle.
    symlinkSync(join(root, 'src/api/gen'), join(folder, 'gen'))
    const { encodeProtobuf, decodeProtobuf } = await import(pathToFileURL(outfile).href)
    const message = encodeProtobuf(object)
    const text = bytes(object)
    const compare = (ours, theirs) => {
      const turns = [[], []]
      for (let turn = 0; turn < 7; turn++)
        for (const [i, run] of [ours, theirs].entries()) turns[i].push(perMs(run, (seconds * 1000) / 30))
      return turns.map(median)
    }
    return {
      encode: compare(
        () => encodeProtobuf(object),
        () => Buffer.from(JSON.stringify(object)),
      ),
      decode: compare(
        () => decodeProtobuf(message),
        () => JSON.parse(text.toString()),
      ),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function perMs(run, milliseconds) {
  for (let i = 0; i < 500; i++) run()
  const began = performance.now()
  let count = 0
  while (performance.now() - began < milliseconds) {
    for (let i = 0; i < 100; i++) run()
    count += 100
  }
  return count / (performance.now() - began)
}
