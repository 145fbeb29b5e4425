import { afterAll, describe } from 'vitest'
import { storeConformance } from '../conformance.js'
import type { OpenedStore } from '../conformance-tools.js'
import { openEtcdStore } from './open.js'
import { EtcdProcess, etcdVersion } from './testing.js'
import type { ValueForm } from './value-form.js'

/** As opaque as it can be: the store knows nothing of objects. */
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

const version = etcdVersion()
if (version === undefined) console.warn('etcd is not on PATH: the store over it is NOT tested')

describe.skipIf(version === undefined)('over etcd', () => {
  const running: EtcdProcess[] = []
  afterAll(() => Promise.all(running.map((etcd) => etcd.close())))
  let idle: Promise<EtcdProcess> | undefined
  const next = async (): Promise<EtcdProcess> => {
    const etcd = await EtcdProcess.start()
    running.push(etcd)
    return etcd
  }

  storeConformance(async (): Promise<OpenedStore> => {
    // The next one starts while this one is used.
    const etcd = await (idle ?? next())
    idle = next()
    const options = { servers: [etcd.url], form, compactionIntervalMs: 0 }
    let store = await openEtcdStore(options)
    return {
      store,
      async reopen() {
        store = await openEtcdStore(options)
        return store
      },
      async close() {
        await store.close()
        await etcd.close()
      },
    }
  })
})
