import { expect, test } from 'vitest'
import { aesCbc, aesGcm } from './aes.js'
import { KmsV1Provider } from './kms-v1.js'

const flip = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => byte ^ 0xff))

function provider(cacheSize = 1_000) {
  const state = { now: 0, encrypted: 0, asking: 0, most: 0, failure: undefined as Error | undefined }
  const service = {
    async encrypt(plain: Buffer) {
      state.encrypted++
      if (state.failure !== undefined) throw state.failure
      return flip(plain)
    },
    async decrypt(cipher: Buffer) {
      state.most = Math.max(state.most, ++state.asking)
      await new Promise(setImmediate)
      state.asking--
      if (state.failure !== undefined) throw state.failure
      return flip(cipher)
    },
    close() {},
  }
  return { state, provider: new KmsV1Provider('p', service, cacheSize, () => state.now) }
}

const plain = Buffer.from('plain')
const data = Buffer.from('/registry/secrets/a/b')
/** As somebody else has written it. */
const written = (key: Buffer, value: Buffer): Buffer => Buffer.concat([Buffer.from([0, key.length]), flip(key), value])

test('a value begins with its key, which another reader asks the plugin for', async () => {
  const a = provider()
  expect(() => a.provider.seal(plain, data)).toThrow('has not encrypted a key')
  await a.provider.prepare()
  const sealed = a.provider.seal(plain, data)
  expect(sealed.readUInt16BE(0)).toBe(32)
  const key = flip(sealed.subarray(2, 34))
  expect(aesGcm(key).open(sealed.subarray(34), data).plain).toEqual(plain)
  expect(a.provider.ready(sealed)).toBeUndefined()
  const b = provider()
  expect(() => b.provider.open(sealed, data)).toThrow('its key has not been fetched')
  await b.provider.ready(sealed)
  expect(b.provider.open(sealed, data)).toEqual({ plain, stale: false })
  await a.provider.prepare()
  expect(a.provider.seal(plain, data).subarray(0, 34)).not.toEqual(sealed.subarray(0, 34))
})

test('what old releases wrote in CBC is read, and stale', async () => {
  const key = Buffer.alloc(32, 7)
  const { provider: one } = provider()
  const sealed = written(key, aesCbc(key).seal(plain, data))
  await one.ready(sealed)
  expect(one.open(sealed, data)).toEqual({ plain, stale: true })
})

test.each([
  [Buffer.from([1]), 'failed to read uint16 length prefixed data'],
  [Buffer.from([0, 9, 1]), 'failed to read uint16 length prefixed data'],
  [written(Buffer.alloc(5), plain), 'crypto/aes: invalid key size 5'],
  [written(Buffer.alloc(32), plain), 'the stored data'],
])('%j is not opened', async (sealed, why) => {
  const { provider: one } = provider()
  await one.ready(sealed)
  expect(() => one.open(sealed, data)).toThrow(why)
})

test('the keys of a page are fetched some at a time, and all are there', async () => {
  const { provider: one, state } = provider(-1)
  const page = Array.from({ length: 200 }, (_, i) => {
    const key = Buffer.alloc(32, i)
    return written(key, aesGcm(key).seal(plain, data))
  })
  await Promise.all(page.map(async (sealed) => one.ready(sealed)))
  expect(state.most).toBeLessThanOrEqual(32)
  for (const sealed of page) expect(one.open(sealed, data).plain).toEqual(plain)
})

test('what the plugin refuses is told, and asked again the next time', async () => {
  const { provider: one, state } = provider()
  const key = Buffer.alloc(32, 7)
  const sealed = written(key, aesGcm(key).seal(plain, data))
  state.failure = new Error('rpc error: code = Unknown desc = no')
  await expect(one.prepare()).rejects.toThrow('rpc error: code = Unknown desc = no')
  await one.ready(sealed)
  expect(() => one.open(sealed, data)).toThrow('rpc error: code = Unknown desc = no')
  state.failure = undefined
  await one.ready(sealed)
  expect(one.open(sealed, data).plain).toEqual(plain)
})

test('its health is asked for again after some seconds', async () => {
  const { provider: one, state } = provider()
  await one.check()
  state.failure = new Error('away')
  state.now = 19_999
  await one.check()
  state.now = 20_000
  const head = 'failed to perform encrypt section of the healthz check for KMS Provider p, error: away'
  await expect(one.check()).rejects.toThrow(new Error(head))
  await expect(one.check()).rejects.toThrow(new Error('away'))
  expect(state.encrypted).toBe(2)
  state.failure = undefined
  state.now = 23_000
  await one.check()
})
