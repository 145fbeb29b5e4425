import { afterAll, beforeAll, describe } from 'vitest'
import { storeConformance } from '../src/store/conformance.js'
import type { OpenedStore } from '../src/store/conformance-tools.js'
import { openEtcdStore, type ValueForm } from '../src/store/index.js'
import { EtcdProcess, etcdVersion } from './etcd/etcd-process.js'

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
})
