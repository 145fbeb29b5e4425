// The floors: bare node:http2 servers that do what cannot be left out of a workload, and nothing else.
//   get    sends the same buffer (from standard input) to every request
//   write  parses the body, writes it durably to LMDB and echoes it
//   patch  merges the body (RFC 7386) into an object (from standard input) in LMDB, writes it durably and sends it
//   watch  a POST writes one shared buffer (from standard input) to every stream that was opened by a GET
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const mode = process.argv[2]
const folder = mkdtempSync(join(tmpdir(), 'kats-floor-'))
process.on('SIGTERM', () => {
  rmSync(folder, { recursive: true, force: true })
  process.exit(0)
})
const key = join(folder, 'key')
const cert = join(folder, 'cert')
const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
execFileSync('openssl', [...request, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' })

const chunks = []
for await (const chunk of process.stdin) chunks.push(chunk)
const body = Buffer.concat(chunks)

const server = createSecureServer({
  key: readFileSync(key),
  cert: readFileSync(cert),
  settings: { maxConcurrentStreams: 10_000 },
})
server.on('sessionError', () => {})
server.on('stream', await handlerOf(mode))
server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`))

async function handlerOf(name) {
  const headers = { ':status': 200, 'content-type': 'application/json' }
  if (name === 'get')
    return (stream) => {
      stream.respond({ ...headers, 'content-length': body.length })
      stream.end(body)
    }
  if (name === 'watch') {
    const watchers = new Set()
    return (stream, { ':method': method }) => {
      stream.respond(headers)
      if (method === 'GET') {
        stream.on('error', () => {})
        watchers.add(stream)
        return
      }
      stream.resume()
      stream.on('end', () => {
        for (const watcher of watchers) watcher.write(body)
        stream.end('{}')
      })
    }
  }
  const { open } = await import('lmdb')
  const db = open({ path: join(folder, 'data'), encoding: 'binary', keyEncoding: 'binary', pageSize: 8192 })
  let count = 0
  const keyOf = () => Buffer.from(`/registry/things/${name === 'patch' ? 'one' : count++}`)
  if (name === 'patch') await db.put(keyOf(), body)
  return (stream) => {
    const parts = []
    stream.on('data', (chunk) => parts.push(chunk))
    stream.on('end', async () => {
      const sent = JSON.parse(Buffer.concat(parts).toString())
      const key = keyOf()
      const object = name === 'patch' ? merged(JSON.parse(db.get(key)), sent) : sent
      const bytes = Buffer.from(JSON.stringify(object))
      await db.put(key, bytes)
      stream.respond({ ...headers, 'content-length': bytes.length })
      stream.end(bytes)
    })
  }
}

function merged(target, patch) {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const out = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key]
    else out[key] = merged(out[key], value)
  }
  return out
}
