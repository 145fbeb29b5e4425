import * as k8s from '@kubernetes/client-node'
import { setHeaderOptions } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type StartedKats, startKats } from './support/start-kats.js'

let server: StartedKats
let config: k8s.KubeConfig
let core: k8s.CoreV1Api

beforeAll(async () => {
  server = await startKats()
  config = new k8s.KubeConfig()
  config.loadFromFile(server.kubeconfig)
  core = config.makeApiClient(k8s.CoreV1Api)
})
afterAll(() => server.stop())

const namespace = 'default'

test('an object is created, read, patched and deleted', async () => {
  const body = { metadata: { name: 'one' }, data: { a: '1' } }
  const created = await core.createNamespacedConfigMap({ namespace, body })
  expect(created.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/)
  await core.patchNamespacedConfigMap(
    { name: 'one', namespace, body: { data: { b: '2' } } },
    setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch),
  )
  expect((await core.readNamespacedConfigMap({ name: 'one', namespace })).data).toEqual({ a: '1', b: '2' })
  await core.deleteNamespacedConfigMap({ name: 'one', namespace })
  await expect(core.readNamespacedConfigMap({ name: 'one', namespace })).rejects.toMatchObject({ code: 404 })
})

test('an informer sees what is there and what happens', async () => {
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'before' } } })
  const informer = k8s.makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
    core.listNamespacedConfigMap({ namespace }),
  )
  const seen: string[] = []
  for (const kind of ['add', 'update', 'delete'] as const)
    informer.on(kind, (object) => void seen.push(`${kind} ${object.metadata?.name}`))
  await informer.start()
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'after' } } })
  await core.replaceNamespacedConfigMap({
    name: 'after',
    namespace,
    body: { metadata: { name: 'after' }, data: { x: 'y' } },
  })
  await core.deleteNamespacedConfigMap({ name: 'after', namespace })
  await expect.poll(() => seen, { timeout: 5000 }).toEqual(['add before', 'add after', 'update after', 'delete after'])
  expect(informer.list().map((object) => object.metadata?.name)).toEqual(['before'])
  await informer.stop()
})

test('writers that race on one object lose nothing', async () => {
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'count' }, data: { n: '0' } } })
  const addOne = async (): Promise<void> => {
    for (;;) {
      const object = await core.readNamespacedConfigMap({ name: 'count', namespace })
      object.data = { n: String(Number(object.data?.n) + 1) }
      try {
        await core.replaceNamespacedConfigMap({ name: 'count', namespace, body: object })
        return
      } catch (error) {
        if ((error as { code?: number }).code !== 409) throw error
      }
    }
  }
  await Promise.all(Array.from({ length: 20 }, addOne))
  expect((await core.readNamespacedConfigMap({ name: 'count', namespace })).data).toEqual({ n: '20' })
})
