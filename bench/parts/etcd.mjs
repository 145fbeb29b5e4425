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

/** Puts of `value` under keys of their own, so many in flight; the first second is not counted. @returns puts per second */
export async function barePuts(url, { seconds, value, name = '', inFlight = 64 }) {
  const client = new Client(url.replace('http://', ''), credentials.createInsecure())
  const same = (bytes) => bytes
  let sent = 0
  let done = 0
  let counting = false
  const end = performance.now() + (seconds + 1) * 1000
  const one = () =>
    new Promise((resolve, reject) => {
      const request = putRequest(`/registry/configmaps/default/bare${name}${sent++}`, value)
      client.makeUnaryRequest('/etcdserverpb.KV/Put', same, same, request, (error) => {
        if (error !== null) return reject(error)
        if (counting) done++
        resolve()
      })
    })
  const worker = async () => {
    while (performance.now() < end) await one()
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

/** etcdserverpb.PutRequest: key is field 1, value is field 2. */
function putRequest(key, value) {
  const field = (number, bytes) => Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes])
  return Buffer.concat([field(1, Buffer.from(key)), field(2, value)])
}

function varint(value) {
  const bytes = []
  let rest = value
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  return Buffer.from([...bytes, rest])
}
