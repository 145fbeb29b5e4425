import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
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

async function contents(server: Kats): Promise<unknown[]> {
  const deadline = Date.now() + 5_000
  while ((await server.call('GET', paths[2]!)).code !== 200 && Date.now() < deadline);
  const objects = await Promise.all(paths.map((path) => server.ok('GET', path)))
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
  expect((await store('check', '--data-dir', data)).err).toContain('is in use by process')
  await first.stop()

  const checked = await store('check', '--data-dir', data)
  expect(checked.out).toMatch(/^\d+ objects as of revision \d+, 0 problems\n$/)
  expect((await store('compact', '--data-dir', data)).out).toMatch(/^history begins at revision \d+\n$/)
  const file = join(folder, 'export.jsonl')
  expect((await store('export', file, '--data-dir', data)).out).toMatch(/^\d+ objects as of revision \d+\n$/)
  expect(readFileSync(file, 'utf8')).not.toContain('"resourceVersion"')
  expect((await store('export', file, '--data-dir', data)).code).toBe(1)
  expect((await store('import', file, '--data-dir', data)).err).toContain('the store is not empty')

  const copy = join(folder, 'copy')
  expect(await store('import', file, '--data-dir', copy)).toMatchObject({ code: 0, err: '' })
  const second = await startKats(['--data-dir', copy])
  expect(await contents(second)).toEqual(before)
  await second.stop()

  if (etcdVersion() === undefined) return
  const etcd = await EtcdProcess.start()
  try {
    expect(await store('import', file, '--etcd-servers', etcd.url)).toMatchObject({ code: 0, err: '' })
    expect((await store('check', '--etcd-servers', etcd.url)).out).toContain(', 0 problems')
    const third = await startKats(['--etcd-servers', etcd.url])
    expect(await contents(third)).toEqual(before)
    await third.stop()
  } finally {
    await etcd.close()
  }
})
