import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EtcdClient } from '../src/store/etcd/client.js'
import { EtcdProcess, etcdVersion } from './etcd/etcd-process.js'
import { type Kats, startKats } from './etcd/kats.js'

const maps = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string, data: Record<string, string> = {}) => ({ metadata: { name }, data })

describe.skipIf(etcdVersion() === undefined)('several servers over one etcd', () => {
  let etcd: EtcdProcess
  let servers: Kats[]
  beforeAll(async () => {
    etcd = await EtcdProcess.start()
    const flags = ['--etcd-servers', etcd.url]
    servers = await Promise.all(
      ['192.0.2.1', '192.0.2.2'].map((address) => startKats([...flags, '--advertise-address', address])),
    )
  })
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()))
    await etcd.close()
  })

  test('what one has written the other reads, changes and deletes at once', async () => {
    for (let i = 0; i < 20; i++) {
      const [a, b] = i % 2 === 0 ? [servers[0]!, servers[1]!] : [servers[1]!, servers[0]!]
      const name = `shared${i}`
      const made = await a.ok('POST', maps, configMap(name))
      const read = await b.ok('GET', `${maps}/${name}`)
      expect(read).toEqual(made)
      const changed = await b.ok('PUT', `${maps}/${name}`, { ...read, data: { by: 'b' } })
      expect((await a.ok('GET', `${maps}/${name}`)).data).toEqual({ by: 'b' })
      expect((await b.ok('GET', maps)).items.some((item: typeof made) => item.metadata.name === name)).toBe(true)
      expect((await a.call('PUT', `${maps}/${name}`, read)).code).toBe(409)
      await a.ok('DELETE', `${maps}/${name}`)
      expect((await b.call('GET', `${maps}/${name}`)).code).toBe(404)
      const again = await b.ok('POST', maps, configMap(name))
      expect(Number(again.metadata.resourceVersion)).toBeGreaterThan(Number(changed.metadata.resourceVersion))
    }
  })

  test('watchers of both see the writes of both, in one order', async () => {
    const seen: string[][] = [[], []]
    const { resourceVersion } = (await servers[0]!.ok('GET', maps)).metadata
    const stops = servers.map((server, i) =>
      server.watch(`${maps}?watch=true&resourceVersion=${resourceVersion}`, ({ type, object }) => {
        seen[i]!.push(`${type} ${object.metadata.name} ${object.metadata.resourceVersion}`)
      }),
    )
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const server = servers[i % 2]!
        await server.ok('POST', maps, configMap(`seen${i}`))
        await servers[(i + 1) % 2]!.ok('DELETE', `${maps}/seen${i}`)
      }),
    )
    const deadline = Date.now() + 5_000
    while (seen.some((events) => events.length < 80) && Date.now() < deadline) await sleep(20)
    for (const stop of stops) stop()
    expect(seen[0]).toHaveLength(80)
    expect(seen[1]).toEqual(seen[0])
  })

  test('a namespace and a kind that one has made are there for the other', async () => {
    const [a, b] = servers as [Kats, Kats]
    for (let i = 0; i < 5; i++) {
      await a.ok('POST', '/api/v1/namespaces', { metadata: { name: `ns${i}` } })
      await b.ok('POST', `/api/v1/namespaces/ns${i}/configmaps`, configMap('one'))
    }
    await a.ok('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
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
    const widgets = '/apis/example.com/v1/namespaces/default/widgets'
    const deadline = Date.now() + 5_000
    while ((await b.call('GET', widgets)).code !== 200 && Date.now() < deadline) await sleep(50)
    const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'one' }, spec: { size: 1 } }
    const made = await b.ok('POST', widgets, widget)
    while ((await a.call('GET', widgets)).code !== 200 && Date.now() < deadline) await sleep(50)
    expect(await a.ok('GET', `${widgets}/one`)).toEqual(made)
  })

  test('no address and no port is given out twice', async () => {
    const services = '/api/v1/namespaces/default/services'
    const made = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        servers[i % 2]!.ok('POST', services, {
          metadata: { name: `svc${i}` },
          spec: { type: 'NodePort', ports: [{ port: 80 }] },
        }),
      ),
    )
    expect(new Set(made.map(({ spec }) => spec.clusterIP)).size).toBe(60)
    expect(new Set(made.map(({ spec }) => spec.ports[0].nodePort)).size).toBe(60)
    const asked = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        servers[i % 2]!.call('POST', services, {
          metadata: { name: `same${i}` },
          spec: { clusterIP: '10.0.0.5', ports: [{ port: 80 }] },
        }),
      ),
    )
    expect(asked.filter(({ code }) => code === 201)).toHaveLength(1)
  })

  test('all are behind the kubernetes Service, and known by a lease', async () => {
    const addresses = async (): Promise<string[]> => {
      const { subsets } = await servers[0]!.ok('GET', '/api/v1/namespaces/default/endpoints/kubernetes')
      return subsets[0].addresses.map(({ ip }: { ip: string }) => ip)
    }
    const deadline = Date.now() + 15_000
    while ((await addresses()).length < 2 && Date.now() < deadline) await sleep(100)
    expect(await addresses()).toEqual(['192.0.2.1', '192.0.2.2'])
    const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases'
    const selector = 'labelSelector=apiserver.kubernetes.io/identity%3Dkube-apiserver'
    const { items } = await servers[0]!.ok('GET', `${leases}?${selector}`)
    expect(items).toHaveLength(1)
    expect(items[0].metadata.name).toMatch(/^apiserver-[a-z2-7]{26}$/)
    expect(items[0].spec).toMatchObject({ leaseDurationSeconds: 3600 })
  })

  test.each(['lease', 'master-count'])('one that ends leaves the endpoints at once (%s)', async (reconciler) => {
    const flags = ['--etcd-servers', etcd.url, '--advertise-address', '192.0.2.9', '--apiserver-count', '3']
    const third = await startKats([...flags, '--endpoint-reconciler-type', reconciler])
    const known = async (): Promise<string[]> => {
      const { subsets } = await servers[0]!.ok('GET', '/api/v1/namespaces/default/endpoints/kubernetes')
      return subsets[0].addresses.map(({ ip }: { ip: string }) => ip)
    }
    const deadline = Date.now() + 10_000
    while (!(await known()).includes('192.0.2.9') && Date.now() < deadline) await sleep(100)
    expect(await known()).toContain('192.0.2.9')
    third.signal('SIGTERM')
    const gone = Date.now() + 3_000
    while ((await known()).includes('192.0.2.9') && Date.now() < gone) await sleep(50)
    expect(await known()).toEqual(['192.0.2.1', '192.0.2.2'])
    const slice = await servers[0]!.ok('GET', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes')
    expect(slice.endpoints.map(({ addresses }: { addresses: string[] }) => addresses[0])).toEqual(await known())
    await third.stop()
  })

  test('metrics have upstream’s names', async () => {
    const { body } = await servers[0]!.call('GET', '/metrics')
    expect(body).toMatch(/^etcd_requests_total\{operation="create",group="",resource="configmaps"\} \d+$/m)
    expect(body).toMatch(
      /^etcd_request_duration_seconds_bucket\{operation="get",group="",resource="",le="0.005"\} \d+$/m,
    )
    expect(body).toMatch(/^apiserver_storage_events_received_total\{group="",resource="configmaps"\} \d+$/m)
    expect(body).toMatch(/^apiserver_storage_size_bytes\{storage_cluster_id="etcd-0"\} \d+$/m)
  })

  test('keys and values are those of kube-apiserver', async () => {
    const client = EtcdClient.open({ servers: [etcd.url] })
    const { kvs } = await client.range({ key: '/registry/', rangeEnd: '/registry0' })
    client.close()
    const found = new Map(kvs.map(({ key, value }) => [key.toString(), value!]))
    const service = found.get('/registry/services/specs/default/kubernetes')!
    expect(service.subarray(0, 4)).toEqual(Buffer.from('k8s\0'))
    expect(found.has('/registry/services/endpoints/default/kubernetes')).toBe(true)
    expect(found.has('/registry/ranges/servicenodeports')).toBe(true)
    expect(found.has('/registry/namespaces/default')).toBe(true)
    expect(found.has('/registry/masterleases/192.0.2.1')).toBe(true)
    expect(found.get('/registry/example.com/widgets/default/one')!.toString()).toMatch(/^\{.*\}\n$/s)
    expect(JSON.parse(found.get('/registry/example.com/widgets/default/one')!.toString()).metadata).not.toHaveProperty(
      'resourceVersion',
    )
  })

  test('without etcd old reads go on, others fail in time and with a reason, and all comes back', async () => {
    const [server] = servers as [Kats]
    await server.ok('POST', maps, configMap('kept'))
    await etcd.kill()
    expect((await server.call('GET', `${maps}/kept?resourceVersion=0`)).code).toBe(200)
    expect((await server.call('GET', `${maps}?resourceVersion=0`)).code).toBe(200)
    const began = Date.now()
    const [read, written, live, ready] = await Promise.all([
      server.call('GET', `${maps}/kept`),
      server.call('POST', maps, configMap('lost')),
      server.call('GET', '/livez?verbose'),
      server.call('GET', '/readyz?verbose'),
    ])
    expect(Date.now() - began).toBeLessThan(20_000)
    const late = 'Timeout: request did not complete within requested timeout - context deadline exceeded'
    for (const { code, body } of [read, written])
      expect({ code, body }).toMatchObject({ code: 504, body: { reason: 'Timeout', message: late, details: {} } })
    expect((await server.call('GET', '/readyz/etcd')).body).toMatch(
      /error getting data from etcd: .*connection refused/,
    )
    expect(live.body).toContain('[-]etcd failed: reason withheld')
    expect(ready.body).toContain('[-]etcd-readiness failed: reason withheld')
    await etcd.restart()
    const deadline = Date.now() + 15_000
    while ((await server.call('GET', '/readyz')).code !== 200 && Date.now() < deadline) await sleep(100)
    for (const one of servers) {
      expect((await one.ok('GET', `${maps}/kept`)).metadata.name).toBe('kept')
      await one.ok('PUT', `${maps}/kept`, configMap('kept', { at: one.url }))
    }
    const { resourceVersion } = (await servers[0]!.ok('GET', `${maps}/kept`)).metadata
    expect((await servers[1]!.ok('GET', `${maps}/kept`)).metadata.resourceVersion).toBe(resourceVersion)
  })
})

test.skipIf(etcdVersion() === undefined)('events in an etcd of their own', async () => {
  const [main, own] = await Promise.all([EtcdProcess.start(), EtcdProcess.start()])
  const flags = ['--etcd-servers', main.url, `--etcd-servers-overrides=/events#${own.url}`]
  const server = await startKats(flags)
  try {
    const events = '/api/v1/namespaces/default/events'
    const told: string[] = []
    const { resourceVersion } = (await server.ok('GET', events)).metadata
    const stop = server.watch(`${events}?watch=true&resourceVersion=${resourceVersion}`, ({ type, object }) => {
      told.push(`${type} ${object.metadata.name}`)
    })
    const involvedObject = { kind: 'Pod', namespace: 'default', name: 'p' }
    await server.ok('POST', events, { metadata: { name: 'one' }, involvedObject, reason: 'r', type: 'Normal' })
    await server.ok('POST', maps, configMap('one'))
    expect((await server.ok('GET', events)).items).toHaveLength(1)
    expect((await server.ok('GET', '/apis/events.k8s.io/v1/namespaces/default/events/one')).reason).toBe('r')
    const deadline = Date.now() + 5_000
    while (told.length === 0 && Date.now() < deadline) await sleep(20)
    stop()
    expect(told).toEqual(['ADDED one'])
    const keys = async ({ url }: EtcdProcess): Promise<string[]> => {
      const client = EtcdClient.open({ servers: [url] })
      const { kvs } = await client.range({ key: '/registry/', rangeEnd: '/registry0', keysOnly: true })
      client.close()
      return kvs.map(({ key }) => key.toString())
    }
    expect(await keys(own)).toEqual(['/registry/events/default/one'])
    expect((await keys(main)).filter((key) => key.startsWith('/registry/events/'))).toEqual([])
    expect((await server.call('GET', '/readyz?verbose')).body).toContain('[+]etcd-override-readiness-0 ok')
    await own.kill()
    expect((await server.call('GET', `${events}?resourceVersion=0`)).code).toBe(200)
    expect((await server.call('GET', `${maps}/one`)).code).toBe(200)
    expect((await server.call('GET', '/livez?verbose')).body).toContain('[-]etcd-override-0 failed')
  } finally {
    await server.stop()
    await Promise.all([main.close(), own.close()])
  }
  await expect(startKats([...flags, '--etcd-servers-overrides=/services#http://127.0.0.1:1'])).rejects.toThrow(
    '--etcd-servers-overrides: /services, /endpoints, networking.k8s.io/ipaddresses, networking.k8s.io/servicecidrs have to lie in one etcd',
  )
  const definitions = 'apiextensions.k8s.io/customresourcedefinitions'
  await expect(startKats([...flags, `--etcd-servers-overrides=${definitions}#http://127.0.0.1:1`])).rejects.toThrow(
    `--etcd-servers-overrides: ${definitions} cannot have an etcd of its own`,
  )
})

test.skipIf(etcdVersion() === undefined)('what the server follows, and Services, in an etcd of their own', async () => {
  const [main, own] = await Promise.all([EtcdProcess.start(), EtcdProcess.start()])
  const apart = [
    ...['/namespaces', '/nodes', '/pods', '/secrets', '/serviceaccounts', '/services', '/endpoints'],
    ...['networking.k8s.io/ipaddresses', 'networking.k8s.io/servicecidrs', 'discovery.k8s.io/endpointslices'],
    ...['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'].map(
      (kind) => `rbac.authorization.k8s.io/${kind}`,
    ),
    ...['flowschemas', 'prioritylevelconfigurations'].map((kind) => `flowcontrol.apiserver.k8s.io/${kind}`),
  ]
  const overrides = apart.map((resource) => `${resource}#${own.url}`).join(',')
  // The two count apart: what is followed at the other one's revision would be missed, or be of the future.
  const client = EtcdClient.open({ servers: [own.url] })
  for (let i = 0; i < 500; i++) await client.put({ key: 'x', value: Buffer.from(String(i)) })
  const server = await startKats([
    ...['--etcd-servers', main.url, `--etcd-servers-overrides=${overrides}`],
    ...['--authorization-mode', 'RBAC'],
  ])
  try {
    const everybody = { kind: 'Group', name: 'system:unauthenticated', apiGroup: 'rbac.authorization.k8s.io' }
    const bindings = '/registry/clusterrolebindings/'
    const found = async (): Promise<string[]> => {
      const { kvs } = await client.range({ key: '/registry/', rangeEnd: '/registry0', keysOnly: true })
      return kvs.map(({ key }) => key.toString())
    }
    // Nobody may do anything yet: the binding is put where the server hears of it.
    expect((await server.call('GET', maps)).code).toBe(403)
    const binding = {
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', subjects: [everybody] },
      metadata: { name: 'all', uid: 'u', creationTimestamp: '2020-01-01T00:00:00Z' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    }
    await client.put({ key: `${bindings}all`, value: Buffer.from(JSON.stringify(binding)) })
    const deadline = Date.now() + 5_000
    while ((await server.call('GET', maps)).code !== 200 && Date.now() < deadline) await sleep(20)

    await server.ok('POST', '/api/v1/namespaces', { metadata: { name: 'apart' } })
    await server.ok('POST', '/api/v1/namespaces/apart/configmaps', configMap('one'))
    const containers = [{ name: 'c', image: 'i' }]
    await server.ok('POST', '/api/v1/namespaces/apart/pods', { metadata: { name: 'p' }, spec: { containers } })
    const services = '/api/v1/namespaces/apart/services'
    const service = { metadata: { name: 's' }, spec: { type: 'NodePort', ports: [{ port: 80 }] } }
    const { spec } = await server.ok('POST', services, service)
    expect(await found()).toEqual(
      expect.arrayContaining([
        '/registry/clusterroles/cluster-admin',
        `/registry/ipaddresses/${spec.clusterIP}`,
        '/registry/namespaces/apart',
        '/registry/pods/apart/p',
        '/registry/ranges/servicenodeports',
        '/registry/services/specs/apart/s',
      ]),
    )
    await server.ok('DELETE', `${services}/s`)
    expect(await found()).not.toContain(`/registry/ipaddresses/${spec.clusterIP}`)
    const mainClient = EtcdClient.open({ servers: [main.url] })
    const { kvs } = await mainClient.range({ key: '/registry/', rangeEnd: '/registry0', keysOnly: true })
    mainClient.close()
    const groups = new Set(kvs.map(({ key }) => key.toString().split('/')[2]))
    expect(groups.has('configmaps')).toBe(true)
    for (const group of ['namespaces', 'pods', 'services', 'ipaddresses', 'ranges', 'clusterroles', 'flowschemas'])
      expect(groups.has(group), group).toBe(false)
  } finally {
    client.close()
    await server.stop()
    await Promise.all([main.close(), own.close()])
  }
})
