import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { encodeProtobuf } from '../src/codec/index.js'
import { EtcdClient } from '../src/store/etcd/client.js'
import { EtcdProcess, etcdVersion } from './etcd/etcd-process.js'
import { type Kats, startKats } from './etcd/kats.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-store-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const executable = new URL('../bin/kats', import.meta.url).pathname

/** `kats store ...`: exit code, and what it wrote. */
const store = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [executable, 'store', ...args], (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    )
  })

const paths = [
  '/api/v1/namespaces/default/configmaps/one',
  '/api/v1/namespaces/default/services/own',
  '/apis/example.com/v1/namespaces/default/widgets/one',
]

async function objectsOf(server: Kats): Promise<{ metadata: { resourceVersion: string; managedFields: unknown } }[]> {
  const deadline = Date.now() + 5_000
  while ((await server.call('GET', paths[2]!)).code !== 200 && Date.now() < deadline);
  return Promise.all(paths.map((path) => server.ok('GET', path)))
}

async function contents(server: Kats): Promise<unknown[]> {
  const objects = await objectsOf(server)
  return objects.map(({ metadata: { resourceVersion: _, managedFields: __, ...metadata }, ...object }) => ({
    ...object,
    metadata,
  }))
}

test('a store is checked, compacted, exported, and read by another one', async () => {
  const data = join(folder, 'data')
  const first = await startKats(['--data-dir', data])
  await first.ok('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'one' }, data: { a: 'é' } })
  await first.ok('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  })
  await first.ok('POST', '/api/v1/namespaces/default/services', {
    metadata: { name: 'own' },
    spec: { ports: [{ port: 80 }] },
  })
  const widget = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'one' },
    spec: { big: 9007199254740000 },
  }
  while ((await first.call('POST', '/apis/example.com/v1/namespaces/default/widgets', widget)).code === 404);
  const before = await contents(first)
  const whole = await objectsOf(first)
  expect((await store('defrag', '--data-dir', data)).err).toContain('is in use by process')
  expect((await store('check', '--data-dir', data)).err).toContain('is in use by process')
  await first.stop()

  const checked = await store('check', '--data-dir', data)
  expect(checked.out).toMatch(/^\d+ objects as of revision \d+, 0 problems\n$/)
  expect((await store('compact', '--data-dir', data)).out).toMatch(/^history begins at revision \d+\n$/)
  expect((await store('defrag', '--data-dir', data)).out).toMatch(/^\d+\.\d MiB before, \d+\.\d MiB now\n$/)
  expect((await store('defrag', '--etcd-servers', 'http://127.0.0.1:1')).err).toContain('etcdctl defrag')
  expect((await store('check', '--data-dir', data)).out).toContain(', 0 problems')
  const file = join(folder, 'export.jsonl')
  expect((await store('export', file, '--data-dir', data)).out).toMatch(/^\d+ objects as of revision \d+\n$/)
  expect(readFileSync(file, 'utf8')).not.toContain('"resourceVersion"')
  expect((await store('export', file, '--data-dir', data)).code).toBe(1)
  expect((await store('import', file, '--data-dir', data)).err).toContain('the store is not empty')

  const copy = join(folder, 'copy')
  expect(await store('import', file, '--data-dir', copy)).toMatchObject({ code: 0, err: '' })
  const second = await startKats(['--data-dir', copy])
  // Revisions and all.
  expect(await objectsOf(second)).toEqual(whole)
  const since = whole[0]!.metadata.resourceVersion
  expect((await second.call('GET', `${paths[0]}?resourceVersion=${since}`)).code).toBe(200)
  await second.stop()

  if (etcdVersion() === undefined) return
  const etcd = await EtcdProcess.start()
  try {
    expect(await store('import', file, '--etcd-servers', etcd.url)).toMatchObject({ code: 0, err: '' })
    expect((await store('check', '--etcd-servers', etcd.url)).out).toContain(', 0 problems')
    const third = await startKats(['--etcd-servers', etcd.url])
    expect(await contents(third)).toEqual(before)
    const there = await objectsOf(third)
    await third.stop()
    // What kube-apiservers that share it tell each other is neither a problem nor anybody's data.
    const client = EtcdClient.open({ servers: [etcd.url] })
    const peer = { kind: 'Endpoints', apiVersion: 'v1', metadata: { generation: 1 }, subsets: [] }
    await client.put({ key: '/registry/peerserverleases/apiserver-x', value: encodeProtobuf(peer) })
    client.close()
    expect((await store('check', '--etcd-servers', etcd.url)).out).toContain(', 0 problems')
    // And back, where what etcd has given stays.
    const back = join(folder, 'back.jsonl')
    const home = join(folder, 'home')
    const { out } = await store('export', back, '--etcd-servers', etcd.url)
    const revision = /as of revision (\d+)/.exec(out)![1]
    expect((await store('import', back, '--data-dir', home)).out).toContain(`objects, as of revision ${revision}\n`)
    const fourth = await startKats(['--data-dir', home])
    expect(await objectsOf(fourth)).toEqual(there)
    await fourth.stop()
  } finally {
    await etcd.close()
  }
})
