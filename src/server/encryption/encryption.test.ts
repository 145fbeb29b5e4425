import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { silentLogger } from '../logs/create-logger.js'
import { Encryption } from './encryption.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-encryption-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'config.yaml')
const secret = (byte: number) => Buffer.alloc(32, byte).toString('base64')

function write(rules: string): void {
  writeFileSync(file, `apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n${rules}`)
}
const open = (reload: boolean, more: { allowsV1?: boolean; isRemote?: boolean } = {}) =>
  Encryption.open({
    ...{ file, reload, prefix: '/registry', now: Date.now, log: silentLogger },
    ...{ allowsV1: false, isRemote: true, ...more },
  })
const rule = (resources: string, providers: string) => `- resources: [${resources}]\n  providers: [${providers}]\n`
const gcm = (name: string, byte: number) => `{aesgcm: {keys: [{name: ${name}, secret: ${secret(byte)}}]}}`

test('a file that changes takes effect, one that is wrong does not', async () => {
  write(rule('secrets', `${gcm('a', 1)}, {identity: {}}`))
  const encryption = await open(true)
  const { sealer } = encryption
  let changes = 0
  encryption.onChange(() => changes++)
  const key = '/registry/secrets/default/one'
  const plain = Buffer.from('plain')
  const old = sealer.seal(key, plain)
  expect(old.toString('latin1')).toMatch(/^k8s:enc:aesgcm:v1:a:/)

  write(rule('secrets', 'nonsense'))
  await encryption.reload()
  expect(sealer.open(key, old)).toEqual({ plain, stale: false })
  expect(changes).toBe(0)

  write(rule('secrets', `${gcm('b', 2)}, ${gcm('a', 1)}`))
  await encryption.reload()
  expect(changes).toBe(1)
  expect(sealer.seal(key, plain).toString('latin1')).toMatch(/^k8s:enc:aesgcm:v1:b:/)
  expect(sealer.open(key, old)).toEqual({ plain, stale: true })
  expect(() => sealer.open(key, plain)).toThrow('no matching prefix found')
  expect(encryption.checks.map(({ name }) => name)).toEqual(['kms-providers'])
  encryption.close()
})

test.each([
  ['"*.*"', 'secrets', 'resource "secrets" is masked by earlier rule "*.*"'],
  ['"*.apps"', 'deployments.apps', 'resource "deployments.apps" is masked by earlier rule "*.apps"'],
  ['"*."', 'secrets', 'resource "secrets" is masked by earlier rule "*."'],
])('%s hides %s', async (first, second, why) => {
  write(rule(first, gcm('a', 1)) + rule(second, gcm('a', 1)))
  await expect(open(false)).rejects.toThrow(why)
})

test.each([
  ['', 'at least one resources is required'],
  [rule('secrets', '{}'), 'provider does not contain any of the expected providers'],
  [rule('secrets', `{identity: {}, ${gcm('a', 1).slice(1)}`), 'more than one provider specified in a single element'],
  [rule('secrets, secrets', '{identity: {}}'), 'the same resource cannot be specified multiple times'],
  [rule('secrets, "*."', '{identity: {}}'), 'using overlapping resources such as'],
  [rule('Secrets', '{identity: {}}'), 'resource name should not contain capital letters'],
  [rule('events.events.k8s.io', '{identity: {}}'), "objects are stored using the 'events' API group"],
  [rule('"secrets.*"', '{identity: {}}'), 'encrypting the same resource across groups is not supported'],
  [rule('secrets', '{aesgcm: {keys: []}}'), 'at least one keys is required'],
  [rule('secrets', '{aesgcm: {keys: [{name: a, secret: "?"}]}}'), 'secrets must be base64 encoded'],
  [rule('secrets', '{secretbox: {keys: [{name: a, secret: AAAA}]}}'), 'got 3, expected one of [32]'],
  [
    rule('secrets', '{kms: {apiVersion: v2, name: a, endpoint: "unix:///a", cachesize: 1}}'),
    'cachesize is not supported in v2',
  ],
  [rule('secrets', '{kms: {apiVersion: v2, name: "a:b", endpoint: "unix:///a"}}'), "must not contain ':'"],
  [
    rule('secrets', '{kms: {apiVersion: v2, name: a, endpoint: "unix:///a", timeout: 0s}}'),
    'timeout should be a positive value',
  ],
  [rule('secrets', '{identity: {}, other: 1}'), 'unknown field'],
])('refuses %j', async (rules, why) => {
  write(rules === '' ? '  []\n' : rules)
  await expect(open(false)).rejects.toThrow(why)
})

test('KMS v1 is for etcd, and for who insists; each of its plugins is checked by itself', async () => {
  const v1 = (name: string) => `{kms: {name: ${name}, endpoint: "unix:///nobody"}}`
  write(rule('secrets', `${v1('a')}, {identity: {}}`) + rule('configmaps', `${v1('a')}, {identity: {}}`))
  await expect(open(false)).rejects.toThrow('Set --feature-gates=KMSv1=true to use the deprecated KMSv1 feature.')
  await expect(open(false, { allowsV1: true, isRemote: false })).rejects.toThrow('KMSv1 needs etcd.')
  const encryption = await open(false, { allowsV1: true })
  expect(encryption.checks.map(({ name }) => name)).toEqual(['kms-provider-0', 'kms-provider-1'])
  encryption.close()
})
