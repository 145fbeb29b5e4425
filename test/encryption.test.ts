import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Message } from '../src/http/index.js'
import { EtcdClient } from '../src/store/etcd/client.js'
import { EtcdProcess, etcdVersion } from './etcd/etcd-process.js'
import { type Kats, startKats } from './etcd/kats.js'
import { GrpcFailure, grpcServer, type UnaryMethod } from './support/grpc-server.js'

const head = 'apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n'
const key = (name: string) => `{name: ${name}, secret: ${Buffer.alloc(32, name).toString('base64')}}`
const rule = (resources: string, providers: string) => `- resources: [${resources}]\n  providers: [${providers}]\n`
const secret = (data: string) => ({
  metadata: { name: 'one', namespace: 'default' },
  data: { word: Buffer.from(data).toString('base64') },
})
const path = '/api/v1/namespaces/default/secrets'

const folder = mkdtempSync(join(tmpdir(), 'kats-encryption-'))
const running: Kats[] = []
const start = async (flags: readonly string[]): Promise<Kats> => {
  const server = await startKats(flags)
  running.push(server)
  return server
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
function config(...rules: string[]): string {
  const file = join(folder, `config${++files}.yaml`)
  writeFileSync(file, head + rules.join(''))
  return file
}

describe('the embedded store', () => {
  test('holds no word of what is encrypted, turns keys over, and says what it cannot read', async () => {
    const data = mkdtempSync(join(folder, 'data-'))
    const flags = (file: string) => ['--data-dir', data, '--encryption-provider-config', file]
    const word = `secret-${randomBytes(8).toString('hex')}`
    let server = await start(flags(config(rule('secrets', `{secretbox: {keys: [${key('a')}]}}, {identity: {}}`))))
    await server.ok('POST', path, { ...secret(word), metadata: { ...secret(word).metadata, labels: { kept: word } } })
    expect((await server.ok('GET', `${path}/one`)).data.word).toBe(secret(word).data.word)
    expect((await server.ok('GET', `${path}?labelSelector=kept%3D${word}`)).items).toHaveLength(1)
    await server.stop()
    const stored = readdirSync(data)
      .filter((name) => name.endsWith('.mdb'))
      .map((name) => readFileSync(join(data, name)))
    expect(Buffer.concat(stored).includes('k8s:enc:secretbox:v1:a:')).toBe(true)
    expect(Buffer.concat(stored).includes(word)).toBe(false)
    expect(Buffer.concat(stored).includes(secret(word).data.word)).toBe(false)

    // Another key is first: an update that changes nothing writes all the same.
    const both = `{aesgcm: {keys: [${key('b')}]}}, {secretbox: {keys: [${key('a')}]}}`
    server = await start(flags(config(rule('secrets', both))))
    const before = await server.ok('GET', `${path}/one`)
    const after = await server.ok('PUT', `${path}/one`, before)
    expect(after.metadata.resourceVersion).not.toBe(before.metadata.resourceVersion)
    const again = await server.ok('PUT', `${path}/one`, after)
    expect(again.metadata.resourceVersion).toBe(after.metadata.resourceVersion)
    await server.stop()

    // The old key alone opens it no more; it can be deleted by who insists.
    const old = config(rule('secrets', `{secretbox: {keys: [${key('a')}]}}, {identity: {}}`))
    server = await start([...flags(old), '--feature-gates=AllowUnsafeMalformedObjectDeletion=true'])
    const refused = await server.call('GET', `${path}/one`)
    expect([refused.code, refused.body.message]).toEqual([500, 'Internal error occurred: no matching prefix found'])
    expect((await server.call('GET', path)).code).toBe(500)
    expect((await server.call('DELETE', `${path}/one`)).code).toBe(500)
    const option = 'ignoreStoreReadErrorWithClusterBreakingPotential=true'
    expect((await server.call('DELETE', `${path}/one?${option}`)).code).toBe(200)
    expect((await server.call('GET', `${path}/one`)).code).toBe(404)
    expect((await server.ok('GET', path)).items).toEqual([])
  })

  test.each([
    [
      'secrets',
      '{aescbc: {keys: [{name: a, secret: AAAA}]}}',
      'resources[0].providers[0].aescbc.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 3, expected one of [16 24 32]',
    ],
    [
      '"*"',
      '{identity: {}}',
      `resources[0].resources[0]: Invalid value: "*": use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources`,
    ],
    ['secrets', '{kms: {name: x, endpoint: "unix:///x", apiVersion: v1}}', 'KMSv1 is deprecated'],
    [
      'secrets',
      '{kms: {name: x, endpoint: "http://x", apiVersion: v2}}',
      'unsupported scheme "http" for KMS provider, only unix is supported',
    ],
  ])('refuses what is wrong with %s: %s', async (resources, providers, why) => {
    const file = config(rule(resources, providers))
    await expect(startKats(['--encryption-provider-config', file])).rejects.toThrow(why)
  })
})

describe.skipIf(etcdVersion() === undefined)('etcd', () => {
  let etcd: EtcdProcess
  let client: EtcdClient
  beforeAll(async () => {
    etcd = await EtcdProcess.start()
    client = EtcdClient.open({ servers: [etcd.url] })
  })
  afterAll(async () => {
    client.close()
    await etcd.close()
  })
  let prefixes = 0
  const raw = async (prefix: string) => (await client.range({ key: `${prefix}/secrets/default/one` })).kvs[0]!.value!

  test.each(['aescbc', 'aesgcm', 'secretbox'])('holds %s values that two servers read', async (kind) => {
    const prefix = `/e${++prefixes}`
    const file = config(rule('"*."', `{${kind}: {keys: [${key('k')}]}}, {identity: {}}`))
    const flags = ['--etcd-servers', etcd.url, '--etcd-prefix', prefix, '--encryption-provider-config', file]
    const [a, b] = await Promise.all([start(flags), start(flags)])
    await a.ok('POST', path, secret('hidden'))
    expect((await raw(prefix)).toString('latin1', 0, 40)).toContain(`k8s:enc:${kind}:v1:k:`)
    expect((await b.ok('GET', `${path}/one`)).data.word).toBe(secret('hidden').data.word)
  })

  test('KMS v2: seeds by the plugin, stale when it has another key, and health', async () => {
    const plugin = await Plugin.start(join(folder, 'kms.sock'))
    const prefix = `/e${++prefixes}`
    const kms = `{kms: {apiVersion: v2, name: p, endpoint: "unix://${plugin.socket}"}}`
    const file = config(rule('secrets', `${kms}, {identity: {}}`))
    const flags = ['--etcd-servers', etcd.url, '--etcd-prefix', prefix, '--encryption-provider-config', file]
    const a = await start(flags)
    await a.ok('POST', path, secret('hidden'))
    expect((await raw(prefix)).toString('latin1', 0, 17)).toBe('k8s:enc:kms:v2:p:')
    const b = await start(flags)
    expect((await b.ok('GET', `${path}/one`)).data.word).toBe(secret('hidden').data.word)
    expect((await b.call('GET', '/readyz/kms-providers')).code).toBe(200)
    expect(plugin.decrypted).toBe(1)
    await b.stop()
    plugin.keyId = '2'
    const c = await start(flags)
    const before = await c.ok('GET', `${path}/one`)
    const after = await c.ok('PUT', `${path}/one`, before)
    expect(after.metadata.resourceVersion).not.toBe(before.metadata.resourceVersion)
    plugin.stop()
  })

  test('KMS v1: a key for each write, read by another server; what the plugin refuses is not written', async () => {
    const plugin = await startV1(join(folder, 'kms-v1.sock'))
    const prefix = `/e${++prefixes}`
    const kms = `{kms: {name: p, endpoint: "unix://${plugin.socket}", cachesize: 2}}`
    const file = config(rule('secrets', `${kms}, {identity: {}}`))
    const gate = '--feature-gates=KMSv1=true'
    const flags = ['--etcd-servers', etcd.url, '--etcd-prefix', prefix, '--encryption-provider-config', file, gate]
    const a = await start(flags)
    await a.ok('POST', path, secret('hidden'))
    const first = await raw(prefix)
    const head = 'k8s:enc:kms:v1:p:'
    expect(first.toString('latin1', 0, head.length)).toBe(head)
    // The length of the key as the plugin has encrypted it, which turns bits over.
    expect(first.readUInt16BE(head.length)).toBe(32)
    await a.ok('PUT', `${path}/one`, secret('hidden better'))
    const keyOf = (bytes: Buffer) => bytes.toString('hex', head.length, head.length + 34)
    expect(keyOf(await raw(prefix))).not.toBe(keyOf(first))
    const b = await start(flags)
    expect((await b.ok('GET', `${path}/one`)).data.word).toBe(secret('hidden better').data.word)
    expect((await b.call('GET', '/readyz/kms-provider-0')).code).toBe(200)
    expect((await b.call('GET', '/livez/kms-provider-0')).code).toBe(404)
    plugin.failure = new GrpcFailure(9, 'no pen')
    const refused = await b.call('PUT', `${path}/one`, secret('lost'))
    const why = 'Internal error occurred: rpc error: code = FailedPrecondition desc = no pen'
    expect([refused.code, refused.body.message]).toEqual([500, why])
    expect((await a.ok('GET', `${path}/one`)).data.word).toBe(secret('hidden better').data.word)
    plugin.stop()
  })
})

/** A plugin that "encrypts" by turning bits over. */
class Plugin {
  keyId = '1'
  decrypted = 0
  #stop = (): void => undefined

  private constructor(readonly socket: string) {}

  static async start(socket: string): Promise<Plugin> {
    const plugin = new Plugin(socket)
    const bytes = (number: number, name: string) => ({ number, name, type: 'bytes' }) as const
    const text = (number: number, name: string) => ({ number, name, type: 'string' }) as const
    const method = (name: string, request: Message, response: Message, run: UnaryMethod['run']): UnaryMethod => ({
      path: `/v2.KeyManagementService/${name}`,
      request,
      response,
      run,
    })
    const { stop } = await grpcServer(socket, [
      method('Status', [], [text(1, 'version'), text(2, 'healthz'), text(3, 'keyId')], () => ({
        version: 'v2',
        healthz: 'ok',
        keyId: plugin.keyId,
      })),
      method('Encrypt', [bytes(1, 'plaintext')], [bytes(1, 'ciphertext'), text(2, 'keyId')], ({ plaintext }) => ({
        ciphertext: flip(plaintext),
        keyId: plugin.keyId,
      })),
      method('Decrypt', [bytes(1, 'ciphertext')], [bytes(1, 'plaintext')], ({ ciphertext }) => {
        plugin.decrypted++
        return { plaintext: flip(ciphertext) }
      }),
    ])
    plugin.#stop = stop
    return plugin
  }

  stop(): void {
    this.#stop()
  }
}

async function startV1(socket: string) {
  const plugin = { socket, failure: undefined as Error | undefined, stop: (): void => {} }
  const version = { number: 1, name: 'version', type: 'string' } as const
  const bytes = (number: number) => ({ number, name: 'bytes', type: 'bytes' }) as const
  const method = (name: string, request: Message, response: Message, run: UnaryMethod['run']): UnaryMethod => ({
    path: `/v1beta1.KeyManagementService/${name}`,
    request,
    response,
    run,
  })
  const turn = ({ bytes }: { bytes: Buffer }) => {
    if (plugin.failure !== undefined) throw plugin.failure
    return { bytes: flip(bytes) }
  }
  const { stop } = await grpcServer(socket, [
    method('Version', [version], [version], ({ version }) => ({ version })),
    method('Encrypt', [version, bytes(2)], [bytes(1)], turn),
    method('Decrypt', [version, bytes(2)], [bytes(1)], turn),
  ])
  plugin.stop = stop
  return plugin
}

const flip = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => byte ^ 0xff))
