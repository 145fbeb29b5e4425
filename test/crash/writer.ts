import { openLmdbStore } from '../../src/store/index.js'

// Writes under load until it is killed, and prints `key revision` for each acknowledged write, "-" before a deleted key.
const store = await openLmdbStore({ path: process.argv[2]!, compactionIntervalMs: 50 })
const writers = Number(process.argv[3])
process.stdout.write(`! ${store.revision}\n`)
await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)))

async function write(writer: number): Promise<void> {
  const prefix = `/registry/r${writer % 5}/`
  for (let n = 0; ; n++) {
    const key = `${prefix}w${writer}/k${n % 7}`
    const expect = store.get(key)?.revision ?? 0
    const json = Buffer.from(`{"metadata":{"uid":"u"},"data":"${String(n).repeat(1 + (n % 300))}"}`)
    const value = { json, revisionAt: json.indexOf('"uid"'), index: Buffer.from(String(n)) }
    const isDelete = expect > 0 && n % 5 === 0
    // The second key of the commit shows whether commits are whole.
    const twin = `/registry/twins/w${writer}`
    const result = await store.commit([
      isDelete ? { prefix, key, expect } : { prefix, key, expect, value },
      { prefix: '/registry/twins/', key: twin, expect: store.get(twin)?.revision ?? 0, value },
    ])
    if (result.kind !== 'committed') throw new Error(`conflict on ${result.key}`)
    process.stdout.write(`${isDelete ? '-' : ''}${key} ${result.revision} ${twin}\n`)
  }
}
