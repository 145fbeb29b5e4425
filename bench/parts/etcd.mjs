// Over one etcd of this machine: reads beside those of the embedded store, creates beside a bare client that puts the same
// bytes into the same etcd.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials } from '@grpc/grpc-js'
import { freePort } from './processes.mjs'

export function hasEtcd() {
  try {
    execFileSync('etcd', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export async function startEtcd() {
  const folder = mkdtempSync(join(tmpdir(), 'kats-bench-etcd-'))
  const [client, peer] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`]
  const child = spawn(
    'etcd',
    [
      `--data-dir=${join(folder, 'data')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--log-level=error',
    ],
    { stdio: 'ignore' },
  )
  for (let i = 0; i < 200; i++) {
    const answer = await fetch(`${client}/health`).catch(() => undefined)
    if (answer?.ok) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    url: client,
    pid: child.pid,
    async stop() {
      child.kill('SIGKILL')
      await new Promise((resolve) => child.once('exit', resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The bytes of an object as they lie in etcd. */
export async function storedValue(url, key) {
  const client = clientOf(url)
  const answer = await call(client, '/etcdserverpb.KV/Range', text(1, key))
  client.close()
  // RangeResponse.kvs is field 2, KeyValue.value field 5.
  return fieldOf(fieldOf(answer, 2), 5)
}

/**
 * Puts of `value` under keys of their own, each in the transaction of a create (put it if it is not there, else say what is),
 * with so many in flight; the first second is not counted. @returns puts per second
 */
export async function barePuts(url, { seconds, value, name = '', inFlight = 64 }) {
  const client = clientOf(url)
  let sent = 0
  let done = 0
  let counting = false
  const end = performance.now() + (seconds + 1) * 1000
  const worker = async () => {
    while (performance.now() < end) {
      const request = createRequest(`/registry/configmaps/default/bare${name}${sent++}`, value)
      // TxnResponse.succeeded is field 2: a transaction that has put nothing would be cheap.
      const answer = await call(client, '/etcdserverpb.KV/Txn', request)
      if (fieldOf(answer, 2) !== 1) throw new Error('etcd has put nothing')
      if (counting) done++
    }
  }
  const workers = Promise.all(Array.from({ length: inFlight }, worker))
  await new Promise((resolve) => setTimeout(resolve, 1000))
  counting = true
  const began = performance.now()
  await workers
  const rate = done / ((performance.now() - began) / 1000)
  client.close()
  return rate
}

const clientOf = (url) => new Client(url.replace('http://', ''), credentials.createInsecure())

function call(client, path, request) {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, same, same, request, (error, answer) => {
      if (error === null) resolve(answer)
      else reject(error)
    })
  })
}

const same = (bytes) => bytes

/** etcdserverpb.TxnRequest as a create sends it. */
function createRequest(key, value) {
  // Compare: target 2 is the revision of the last change, which left out is 0.
  const compare = Buffer.concat([Buffer.from([2 << 3, 2]), text(3, key)])
  const put = Buffer.concat([text(1, key), bytes(2, value)])
  const range = Buffer.concat([text(1, key), Buffer.from([8 << 3, 1])])
  return Buffer.concat([bytes(1, compare), bytes(2, bytes(2, put)), bytes(3, bytes(1, range))])
}

const text = (number, value) => bytes(number, Buffer.from(value))
const bytes = (number, value) => Buffer.concat([Buffer.from([(number << 3) | 2]), varint(value.length), value])

function varint(value) {
  const out = []
  let rest = value
  for (; rest >= 0x80; rest >>>= 7) out.push((rest & 0x7f) | 0x80)
  return Buffer.from([...out, rest])
}

/** The first field of that number: bytes, or a small integer. */
function fieldOf(message, wanted) {
  let at = 0
  const number = () => {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = message[at++]
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
  while (at < message.length) {
    const tag = number()
    const size = number()
    const start = at
    if ((tag & 7) === 2) at += size
    if (tag >> 3 === wanted) return (tag & 7) === 2 ? message.subarray(start, at) : size
  }
  return undefined
}
