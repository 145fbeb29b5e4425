import { createDecipheriv } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aesCbc, aesGcm, seededAesGcm } from './aes.js'
import { loadSecretbox } from './load.js'
import { ResourceSealer } from './resource-sealer.js'
import { byPrefix, identity, type Transformer } from './transformer.js'

const key = (byte: number): Buffer => Buffer.alloc(32, byte)
const data = Buffer.from('/registry/secrets/default/one')
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))

test.each<[string, () => Promise<Transformer> | Transformer, boolean]>([
  ['aescbc', () => aesCbc(key(1)), false],
  ['aesgcm', () => aesGcm(key(1)), true],
  ['aesgcm with a seed', () => seededAesGcm(key(1)), true],
  ['secretbox', async () => (await loadSecretbox())(key(1)), false],
])('%s: what is sealed opens, and nothing else does', async (_name, make, bound) => {
  const transformer = await make()
  fc.assert(
    fc.property(bytes, (plain) => {
      const sealed = transformer.seal(plain, data)
      expect(transformer.open(sealed, data)).toEqual({ plain, stale: false })
      expect(sealed.includes(plain) && plain.length > 3).toBe(false)
      if (bound) expect(() => transformer.open(sealed, Buffer.from('/registry/secrets/default/two'))).toThrow()
    }),
    { numRuns: 40 },
  )
  expect(() => transformer.open(Buffer.alloc(3), data)).toThrow('the stored data was shorter than the required size')
})

test('AES-GCM is laid out as others read it: nonce, ciphertext, tag', () => {
  const sealed = aesGcm(key(7)).seal(Buffer.from('hello'), data)
  const opening = createDecipheriv('aes-256-gcm', key(7), sealed.subarray(0, 12)).setAAD(data)
  opening.setAuthTag(sealed.subarray(-16))
  expect(Buffer.concat([opening.update(sealed.subarray(12, -16)), opening.final()]).toString()).toBe('hello')
})

test('of several ways the first seals, all open, and those behind the first are stale', () => {
  const way = (name: string, transformer: Transformer) => ({ prefix: Buffer.from(name), transformer })
  const one = way('k8s:enc:a:', aesGcm(key(1)))
  const two = way('k8s:enc:b:', aesGcm(key(2)))
  const plain = Buffer.from('plain')
  const old = byPrefix([one, way('', identity)], 'no matching prefix found')
  const next = byPrefix([two, one, way('', identity)], 'no matching prefix found')
  expect(next.open(old.seal(plain, data), data)).toEqual({ plain, stale: true })
  expect(next.open(next.seal(plain, data), data)).toEqual({ plain, stale: false })
  expect(next.open(plain, data)).toEqual({ plain, stale: true })
  expect(() => old.open(next.seal(plain, data), data)).toThrow('no matching prefix found')
  expect(() => byPrefix([one], 'no matching prefix found').open(plain, data)).toThrow('no matching prefix found')
})

test('a resource has its own rule, that of its group, that of all, or none', () => {
  const sealing = (name: string): Transformer => ({ ...identity, seal: () => Buffer.from(name) })
  const rules = new Map([
    ['/secrets', sealing('secrets')],
    ['apps/*', sealing('apps')],
    ['things.example.com/widgets', sealing('widgets')],
  ])
  const resources = new Map([
    ['/registry/secrets/', '/secrets'],
    ['/registry/deployments/', 'apps/deployments'],
    ['/registry/pods/', '/pods'],
  ])
  const sealer = new ResourceSealer(
    rules,
    (stream) => resources.get(stream) ?? stream.slice('/registry/'.length, -1),
    '/other/root',
  )
  const sealed = (key: string): string => sealer.seal(`/other/root/${key}`, Buffer.from('plain')).toString()
  expect(sealed('secrets/default/a')).toBe('secrets')
  expect(sealed('deployments/default/a')).toBe('apps')
  expect(sealed('things.example.com/widgets/default/a')).toBe('widgets')
  expect(sealed('pods/default/a')).toBe('plain')
  sealer.set(new Map([['*/*', sealing('all')]]))
  expect(sealed('pods/default/a')).toBe('all')
})

test('of what servers keep for themselves nothing is sealed, and what once was can be read', () => {
  const rules = new Map([
    ['*/*', byPrefix([{ prefix: Buffer.from('k8s:enc:aesgcm:v1:1:'), transformer: aesGcm(key(1)) }], 'none')],
  ])
  const before = new ResourceSealer(rules, () => '/ranges')
  const now = new ResourceSealer(rules, () => '/ranges', '/registry', new Set(['/registry/ranges/']))
  const path = '/registry/ranges/servicenodeports'
  const plain = Buffer.from('k8s\0plain')
  expect(now.seal(path, plain)).toEqual(plain)
  expect(now.open(path, plain)).toEqual({ plain, stale: false })
  expect(now.open(path, before.seal(path, plain))).toEqual({ plain, stale: true })
})
