import { generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { RpcError } from '../../http/index.js'
import { ExternalKeys } from './external-keys.js'
import type { FetchedKeys } from './signer-service.js'

const der = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' })
const answer = (...names: string[]): FetchedKeys => ({
  keys: names.map((keyId) => ({ keyId, key: der })),
  dataTimestamp: { seconds: 1_700_000_000n, nanos: 500_000_000n },
  refreshHintSeconds: 60n,
})

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function open(first: FetchedKeys | Error) {
  const state = { next: first, asked: 0, fetched: [] as unknown[], failed: [] as string[], changes: 0 }
  const service = {
    fetchKeys: async () => {
      state.asked++
      if (state.next instanceof Error) throw state.next
      return state.next
    },
    metadata: () => Promise.reject(new Error('not asked')),
    sign: () => Promise.reject(new Error('not asked')),
    close() {},
  }
  const keys = new ExternalKeys(service, {
    now: Date.now,
    fetched: (...told) => void state.fetched.push(told),
    failed: (message) => void state.failed.push(message),
  })
  keys.onChange(() => state.changes++)
  return { state, keys }
}
const ids = async (found: ReturnType<ExternalKeys['find']>) => (await found).map(({ id }) => id)

test('keys are fetched again when the signer says so, sooner after a failure, and stay meanwhile', async () => {
  const { keys, state } = open(answer('a', 'b'))
  await keys.open()
  expect([state.asked, keys.maxAgeSeconds, state.changes]).toEqual([1, 60, 1])
  expect(state.fetched).toEqual([['OK', 1_700_000_000.5]])
  state.next = new Error('away', { cause: new RpcError(14, 'away') })
  await vi.advanceTimersByTimeAsync(60_000)
  expect([state.asked, keys.maxAgeSeconds]).toEqual([2, 0])
  expect(state.fetched[1]).toEqual(['Unavailable'])
  expect(await ids(keys.find(''))).toEqual(['a', 'b'])
  state.next = answer('a')
  await vi.advanceTimersByTimeAsync(10_000)
  expect([state.asked, state.changes]).toEqual([3, 2])
  expect(await ids(keys.find(''))).toEqual(['a'])
  await vi.advanceTimersByTimeAsync(60_000)
  expect([state.asked, state.changes]).toEqual([4, 2])
  keys.close()
  await vi.advanceTimersByTimeAsync(120_000)
  expect(state.asked).toBe(4)
})

test('a name that nobody knows is asked for, once for all who want it', async () => {
  const { keys, state } = open(answer('a'))
  await keys.open()
  expect(keys.find('a')).toHaveLength(1)
  expect(state.asked).toBe(1)
  state.next = answer('a', 'b')
  expect(await Promise.all([ids(keys.find('b')), ids(keys.find('b')), ids(keys.find('c'))])).toEqual([['b'], ['b'], []])
  expect(state.asked).toBe(2)
  expect(state.failed).toEqual(['Key id "c" not found after refresh'])
  state.next = new Error('away')
  expect(await ids(keys.find('d'))).toEqual([])
  expect(state.failed[1]).toContain('Error while syncing keys: while fetching token verification keys: while getting')
  keys.close()
})

const one = { keyId: 'a', key: der }
test.each([
  [{ refreshHintSeconds: -7n }, 'found invalid refresh hint (-7s)'],
  [{ refreshHintSeconds: undefined }, 'found invalid refresh hint (0s)'],
  [{ keys: [] }, 'found no keys'],
  [{ dataTimestamp: undefined }, 'invalid data timestamp: proto: invalid nil Timestamp'],
  [
    { dataTimestamp: { seconds: -62_135_596_801n } },
    'invalid data timestamp: proto: timestamp (seconds:-62135596801) before 0001-01-01',
  ],
  [
    { dataTimestamp: { seconds: 1n, nanos: -1n } },
    'invalid data timestamp: proto: timestamp (seconds:1 nanos:-1) has out-of-range nanos',
  ],
  [{ keys: [{ key: der }] }, 'found invalid public key id ""'],
  [{ keys: [one, { keyId: 'a'.repeat(1025), key: der }] }, `found invalid public key id "${'a'.repeat(1025)}"`],
  [{ keys: [{ keyId: 'a' }] }, 'found empty public key'],
])('an answer that is wrong is refused: %o', async (wrong, why) => {
  const { keys, state } = open({ ...answer('a'), ...(wrong as Partial<FetchedKeys>) })
  await expect(keys.open()).rejects.toThrow(
    `while initially filling key cache: while performing initial cache fill: while fetching token verification keys: ${why}`,
  )
  expect(state.fetched).toEqual([['unknown-non-grpc']])
})

test('what is no key is refused', async () => {
  const { keys } = open({ ...answer('a'), keys: [{ keyId: 'a', key: Buffer.from('x') }] })
  await expect(keys.open()).rejects.toThrow('while parsing external public keys: ')
})

test('keys of former times are marked', async () => {
  const { keys } = open({ ...answer('a'), keys: [one, { ...one, keyId: 'b', excludeFromOidcDiscovery: true }] })
  await keys.open()
  expect(keys.all.map(({ id, isUndisclosed }) => [id, isUndisclosed])).toEqual([
    ['a', undefined],
    ['b', true],
  ])
  keys.close()
})
