import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLmdbStore, prefixRange } from '../src/store/index.js'

const rounds = Number(process.env.KATS_CRASH_ROUNDS ?? 5)
const prefixes = [0, 1, 2, 3, 4].map((n) => `/registry/r${n}/`).concat('/registry/twins/')
let folder: string
let script: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kats-crash-'))
  script = join(folder, 'writer.mjs')
  const lmdb = pathToFileURL(createRequire(import.meta.url).resolve('lmdb')).href
  await build({
    entryPoints: [join(import.meta.dirname, 'crash/writer.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    plugins: [
      {
        name: 'native package from where it is installed',
        setup: (plugin) => plugin.onResolve({ filter: /^lmdb$/ }, () => ({ path: lmdb, external: true })),
      },
    ],
  })
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Acknowledged {
  readonly key: string
  readonly revision: number
  readonly isDeleted: boolean
  readonly twin: string
}

/**
 * SIGKILL at a random moment, over and over on the same data: nothing acknowledged is lost, revisions go on, and the log
 * has every commit above the horizon, each whole.
 */
test(`nothing acknowledged is lost in ${rounds} kills`, { timeout: 20_000 + rounds * 10_000 }, async () => {
  const path = join(folder, 'data')
  const newest = new Map<string, Acknowledged>()
  let last = 1
  for (let round = 0; round < rounds; round++) {
    const { start, acknowledged } = await writeUntilKilled(path, [1, 16, 64][round % 3]!)
    expect(start).toBeGreaterThanOrEqual(last)
    for (const each of acknowledged) {
      expect(each.revision).toBeGreaterThan(start)
      if ((newest.get(each.key)?.revision ?? 0) < each.revision) newest.set(each.key, each)
      last = Math.max(last, each.revision)
    }
    await check(path, newest, last)
  }
})

async function writeUntilKilled(
  path: string,
  writers: number,
): Promise<{ start: number; acknowledged: Acknowledged[] }> {
  const child: ChildProcess = spawn(process.execPath, [script, path, String(writers)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const chunks: Buffer[] = []
  child.stdout!.on('data', (chunk: Buffer) => chunks.push(chunk))
  const closed = once(child, 'close')
  // the head, and something that was acknowledged
  while (Buffer.concat(chunks).toString().split('\n').length < 3) await once(child.stdout!, 'data')
  await sleep(50 + Math.random() * 700)
  child.kill('SIGKILL')
  await closed
  const [head, ...lines] = Buffer.concat(chunks).toString().split('\n').slice(0, -1)
  const acknowledged = lines.map((line) => {
    const [key, revision, twin] = line.split(' ')
    const isDeleted = key!.startsWith('-')
    return { key: key!.slice(isDeleted ? 1 : 0), revision: Number(revision), isDeleted, twin: twin! }
  })
  expect(acknowledged.length).toBeGreaterThan(0)
  return { start: Number(head!.split(' ')[1]), acknowledged }
}

async function check(path: string, newest: Map<string, Acknowledged>, last: number): Promise<void> {
  const store = await openLmdbStore({ path })
  expect(store.revision).toBeGreaterThanOrEqual(last)
  for (const { key, revision, isDeleted, twin } of newest.values()) {
    // A later commit may have been durable without its writer living to say so.
    const now = store.get(key)
    if (isDeleted) expect(now?.revision ?? revision + 1).toBeGreaterThan(revision)
    else if (now !== undefined) expect(now.revision).toBeGreaterThanOrEqual(revision)
    else expect(deletionOf(key, revision)).toBeGreaterThan(revision)
    expect(store.get(twin)!.revision).toBeGreaterThanOrEqual(revision)
  }
  const logged = new Map<number, number>()
  for (const prefix of prefixes) {
    for (const changes of store.replay(prefix, store.compacted)) {
      for (const { record } of changes) {
        logged.set(record.revision, (logged.get(record.revision) ?? 0) + 1)
        expect(JSON.parse(record.value.toString()).metadata.resourceVersion).toBe(String(record.revision))
      }
    }
  }
  const revisions = Array.from({ length: store.revision - store.compacted }, (_, i) => store.compacted + 1 + i)
  expect([...logged.keys()].sort((a, b) => a - b)).toEqual(revisions)
  expect([...logged.values()].every((changes) => changes === 2)).toBe(true)
  for (const prefix of prefixes) {
    for (const record of store.scan(prefixRange(prefix))) {
      expect(JSON.parse(record.value.toString()).metadata.resourceVersion).toBe(String(record.revision))
    }
    expect(store.count(prefixRange(prefix))).toBe([...store.scan(prefixRange(prefix))].length)
  }
  await store.close()

  function deletionOf(key: string, above: number): number {
    const prefix = `${key.split('/').slice(0, 3).join('/')}/`
    if (above < store.compacted) return Number.POSITIVE_INFINITY
    for (const changes of store.replay(prefix, above)) {
      for (const change of changes)
        if (change.record.key === key && change.kind === 'deleted') return change.record.revision
    }
    return 0
  }
}
