import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { storeConformance } from '../src/store/conformance.js'
import type { OpenedStore } from '../src/store/conformance-tools.js'
import { EtcdClient } from '../src/store/etcd/client.js'
import { Compactor } from '../src/store/etcd/compactor.js'
import { type Change, openEtcdStore, type ValueForm } from '../src/store/index.js'
import { EtcdProcess, etcdVersion } from './etcd/etcd-process.js'
import { EtcdProxy } from './etcd/proxy.js'

const version = etcdVersion()
if (version === undefined) console.warn('\n*** etcd is not on PATH: the store over it is NOT tested ***\n')

/** Values as opaque as they can be: the store knows nothing of objects. */
const form: ValueForm = {
  write(_prefix, _key, { json, revisionAt, index }) {
    const head = Buffer.alloc(8)
    head.writeUInt32BE(revisionAt, 0)
    head.writeUInt32BE(index.length, 4)
    return Buffer.concat([head, index, json])
  },
  read(_prefix, _key, bytes) {
    const start = 8 + bytes.readUInt32BE(4)
    return { revisionAt: bytes.readUInt32BE(0), index: bytes.subarray(8, start), json: bytes.subarray(start) }
  },
}

describe.skipIf(version === undefined)('the contract of stores, over a real etcd', () => {
  let etcd: EtcdProcess
  beforeAll(async () => {
    etcd = await EtcdProcess.start()
  })
  afterAll(() => etcd.close())

  let stores = 0
  storeConformance(async (): Promise<OpenedStore> => {
    // A prefix of its own makes a store empty.
    const options = { servers: [etcd.url], prefix: `/test${++stores}`, form, compactionIntervalMs: 0 }
    const store = await openEtcdStore(options)
    return { store, close: () => store.close() }
  })

  test('of several who compact one does, an interval behind', async () => {
    const client = EtcdClient.open({ servers: [etcd.url] })
    const clock = { now: Date.now, every: () => () => {} }
    const [a, b] = [new Compactor(client, clock, 1), new Compactor(client, clock, 1)]
    const revision = async (): Promise<number> => (await client.range({ key: 'x' })).header!.revision!
    const turns = async (): Promise<(number | undefined)[]> => [await a.turn(), await b.turn()]
    // Nobody knows anything yet: one makes the key, the other sees that.
    await turns()
    for (let round = 0; round < 3; round++) {
      const before = await revision()
      await client.put({ key: 'x', value: Buffer.from(String(round)) })
      const compacted = (await turns()).filter((done) => done !== undefined)
      expect(compacted).toHaveLength(1)
      expect(compacted[0]).toBeLessThanOrEqual(before)
      await expect(client.range({ key: 'x', revision: compacted[0]! - 1 })).rejects.toThrow('compacted')
    }
    client.close()
  })

  test('a deletion at the very revision that etcd is compacted at is told, whoever was away meanwhile', async () => {
    const proxy = await EtcdProxy.to(etcd.url)
    const client = EtcdClient.open({ servers: [etcd.url] })
    const prefix = `/test${++stores}`
    const store = await openEtcdStore({ servers: [proxy.url], prefix, form, compactionIntervalMs: 0 })
    const told: string[] = []
    const json = Buffer.from('{"metadata":{"uid":"u"}}')
    const value = { json, revisionAt: json.indexOf('"uid"'), index: Buffer.alloc(0) }
    const key = '/registry/things/a'
    await store.commit([{ prefix: '/registry/things/', key, expect: 0, value }])
    const changed = (changes: readonly Change[]): void => void told.push(...changes.map(({ kind }) => kind))
    store.changes('/registry/things/', store.revision, { changed })
    const silence = proxy.silence(200)
    await client.txn({ compare: [], success: [{ deleteRange: { key: `${prefix}/things/a` } }], failure: [] })
    await client.compact({ revision: (await client.range({ key: 'x' })).header!.revision! })
    proxy.cut()
    await silence
    await client.put({ key: `${prefix}/elsewhere`, value: Buffer.from('later') })
    await expect.poll(() => told, { timeout: 10_000 }).toEqual(['deleted'])
    expect(store.get(key)).toBeUndefined()
    await store.close()
    client.close()
    proxy.close()
  })
})

describe.skipIf(version === undefined)('over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kats-etcd-tls-'))
  const path = (name: string): string => join(folder, name)
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore', cwd: folder })
  let etcd: EtcdProcess
  beforeAll(async () => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    openssl('req', '-x509', ...key, '-days', '2', '-subj', '/CN=ca', '-keyout', 'ca.key', '-out', 'ca.crt')
    writeFileSync(path('ext'), 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n')
    for (const name of ['server', 'client']) {
      openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
      const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'ext']
      openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.crt`)
    }
    etcd = await EtcdProcess.start({
      caFile: path('ca.crt'),
      certFile: path('server.crt'),
      keyFile: path('server.key'),
      client: { certFile: path('client.crt'), keyFile: path('client.key') },
    })
  })
  afterAll(async () => {
    await etcd.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const trusted = () => ({ servers: [etcd.url], caFile: path('ca.crt') })

  test('a client with a certificate is served', async () => {
    const store = await openEtcdStore({ ...trusted(), certFile: path('client.crt'), keyFile: path('client.key'), form })
    const json = Buffer.from('{"metadata":{"uid":"u"}}')
    const value = { json, revisionAt: json.indexOf('"uid"'), index: Buffer.alloc(0) }
    await store.commit([{ prefix: '/registry/things/', key: '/registry/things/a', expect: 0, value }])
    expect(store.get('/registry/things/a')).toBeDefined()
    await store.close()
  })

  test('one without, and one that does not know the authority, are not', async () => {
    const open = (options: object) => openEtcdStore({ ...trusted(), ...options, form, requestTimeoutMs: 3_000 })
    await expect(open({})).rejects.toThrow(/rpc error: code = Unavailable/)
    await expect(open({ caFile: path('client.crt') })).rejects.toThrow(
      /rpc error: code = Unavailable desc = .*certificate/,
    )
  })
})
