import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ApiError, copyJson, decodeObject, type KubeObject, kindShape, normalizeStored } from '../../../api/index.js'
import { encodeJson, parseJson } from '../../../codec/index.js'
import { openLmdbStore, prefixRange, type Store } from '../../../store/index.js'
import { builtinGroups } from '../../builtin.js'
import type { RegistryEnvironment, WriteRequest } from '../../environment.js'
import { GenericRegistry } from '../../generic-registry.js'
import { type ServiceAllocationOptions, serviceCompanions } from './companions.js'
import { repairServiceAllocation } from './repair.js'

let path: string
let store: Store
let environment: RegistryEnvironment
let services: GenericRegistry

const request: WriteRequest = {
  namespace: 'ns',
  subresource: '',
  dryRun: false,
  user: undefined,
  warn() {},
}

beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'kats-services-'))
  store = await openLmdbStore({ path, fsync: false })
  let uids = 0
  environment = {
    store,
    codec: { parse: (bytes) => parseJson(bytes).value, encode: encodeJson },
    now: () => 1_700_000_000_000,
    uid: () => `uid-${++uids}`,
    nameSuffix: () => 'xxxxx',
    enabled: () => true,
    normalize: (object, shape) => normalizeStored(decodeObject(object, shape), shape),
    garbageCollector: true,
  }
  use({ clusterIpRanges: ['10.0.0.0/24'] })
})

afterEach(async () => {
  await store.close()
  rmSync(path, { recursive: true, force: true })
})

function use(options: Omit<ServiceAllocationOptions, 'environment'>): void {
  const groups = builtinGroups({
    served: (_, version) => version === 'v1',
    enabled: () => true,
    virtual: new Map(),
    handlers: new Map(),
  })
  const resource = groups
    .flatMap(({ resources }) => resources)
    .find((r) => r.group === '' && r.resource === 'services')!
  services = new GenericRegistry(
    resource,
    resource.storage!,
    environment,
    serviceCompanions({ environment, ...options }),
  )
}

const shape = kindShape('', 'v1', 'Service')!

function service(name: string, spec: object): KubeObject {
  const object = { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } }
  const decoded = decodeObject(object, shape) as KubeObject
  services.storage.version.defaults(decoded)
  return decoded
}

const create = async (name: string, spec: object = {}, more: Partial<WriteRequest> = {}): Promise<KubeObject> =>
  (await services.create(service(name, spec), { ...request, ...more })).object

async function change(name: string, spec: object, more: Partial<WriteRequest> = {}): Promise<KubeObject> {
  const updated = await services.update(name, {
    ...request,
    ...more,
    next(existing) {
      const next = copyJson(existing!)
      next.spec = { ...next.spec, ...spec }
      for (const member of Object.keys(next.spec)) if (next.spec[member] === null) delete next.spec[member]
      services.storage.version.defaults(next)
      return next
    },
  })
  return updated.object
}

const remove = (name: string) => services.delete(name, {}, request)

async function refusal(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt
  } catch (error) {
    if (error instanceof ApiError) return `${error.code} ${error.message}`
    throw error
  }
  return 'taken'
}

const addresses = (): string[] =>
  [...store.scan(prefixRange('/registry/ipaddresses/'))].map(({ key }) => key.slice('/registry/ipaddresses/'.length))

function takenPorts(): number[] {
  const record = store.get('/registry/ranges/servicenodeports')
  if (record === undefined) return []
  const { data = '' } = JSON.parse(record.value.toString())
  const bytes = Buffer.from(data, 'base64').reverse()
  return [...bytes].flatMap((byte, i) =>
    [0, 1, 2, 3, 4, 5, 6, 7].flatMap((bit) => (byte & (1 << bit) ? [30000 + i * 8 + bit] : [])),
  )
}

describe('cluster IPs', () => {
  test('one is chosen from the upper part, with an IPAddress that names the service', async () => {
    use({ clusterIpRanges: ['10.0.0.0/24'], random: () => 0 })
    const { spec } = await create('a')
    expect(spec).toMatchObject({ clusterIP: '10.0.0.17', clusterIPs: ['10.0.0.17'], ipFamilies: ['IPv4'] })
    expect(spec.ipFamilyPolicy).toBe('SingleStack')
    const record = store.get('/registry/ipaddresses/10.0.0.17')!
    const held = JSON.parse(record.value.toString())
    expect(held.spec).toEqual({ parentRef: { resource: 'services', namespace: 'ns', name: 'a' } })
    expect(held.metadata.labels).toEqual({
      'ipaddress.kubernetes.io/ip-family': 'IPv4',
      'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
    })
    expect(store.get('/registry/services/specs/ns/a')!.revision).toBe(record.revision)
  })

  const asked = [
    { spec: { clusterIP: '10.0.0.12' }, want: 'taken' },
    { spec: { clusterIP: '10.0.0.9' }, want: 'failed to allocate IP 10.0.0.9: provided IP is already allocated' },
    { spec: { clusterIP: '10.9.0.1' }, want: 'the provided network does not match the current range' },
    { spec: { clusterIP: '10.0.0.0' }, want: 'the provided network does not match the current range' },
    { spec: { clusterIP: '10.0.0.255' }, want: 'the provided network does not match the current range' },
    { spec: { clusterIP: 'fd00::1' }, want: 'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured' },
    { spec: { clusterIPs: ['10.0.0.13'] }, want: 'must be empty when `clusterIP` is not specified' },
    { spec: { ipFamilyPolicy: 'RequireDualStack' }, want: 'this cluster is not configured for dual-stack services' },
    {
      spec: { ipFamilies: ['IPv6'] },
      want: 'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    },
    { spec: { clusterIP: 'None', selector: { a: 'b' } }, want: 'taken' },
  ]
  for (const { spec, want } of asked) {
    test(`${JSON.stringify(spec)}: ${want}`, async () => {
      await create('other', { clusterIP: '10.0.0.9' })
      expect(await refusal(create('a', spec))).toContain(want)
    })
  }

  test('many at once get an address each, and then there are none', async () => {
    const made = await Promise.all(Array.from({ length: 254 }, (_, i) => create(`s${i}`)))
    expect(new Set(made.map(({ spec }) => spec.clusterIP)).size).toBe(254)
    expect(addresses()).toHaveLength(254)
    expect(await refusal(create('late'))).toBe(
      '500 Internal error occurred: failed to allocate a serviceIP for Service "late": range is full',
    )
    await remove('s7')
    expect((await create('late')).spec.clusterIP).toBe(made[7]!.spec.clusterIP)
  })

  test('two that ask for one address at once: one gets it', async () => {
    const outcomes = await Promise.all(['a', 'b'].map((name) => refusal(create(name, { clusterIP: '10.0.0.40' }))))
    expect(outcomes.filter((outcome) => outcome === 'taken')).toHaveLength(1)
    expect(outcomes.join()).toContain('422 Service')
  })

  test('a dry run takes nothing', async () => {
    const { spec } = await create('a', { type: 'NodePort' }, { dryRun: true })
    expect(spec).toMatchObject({ clusterIP: '10.0.0.0', ports: [{ nodePort: 32769 }] })
    expect([...addresses(), ...takenPorts()]).toEqual([])
    await create('b', { clusterIP: '10.0.0.30' })
    await change('b', { type: 'ExternalName', externalName: 'a.test', ports: null }, { dryRun: true })
    expect(addresses()).toEqual(['10.0.0.30'])
  })

  test('go and come back with the type', async () => {
    await create('a')
    const named = await change('a', { type: 'ExternalName', externalName: 'a.test' })
    expect(named.spec.clusterIP).toBeUndefined()
    expect(named.spec.ipFamilies).toBeUndefined()
    expect(addresses()).toEqual([])
    const back = await change('a', { type: 'ClusterIP' })
    expect(addresses()).toEqual([back.spec.clusterIP])
  })

  test('stay when a manifest without them is put again', async () => {
    const { spec } = await create('a', { type: 'NodePort' })
    const again = await change('a', { clusterIP: null, clusterIPs: null, ports: [{ port: 80 }] })
    expect(again.spec.clusterIP).toBe(spec.clusterIP)
    expect(again.spec.ports).toEqual(spec.ports)
    expect(await refusal(change('a', { clusterIP: '10.0.0.200' }))).toContain('may not change once set')
  })

  test('of others than the service stay taken', async () => {
    await create('a', { clusterIP: '10.0.0.50' })
    await create('b', { clusterIP: '10.0.0.51' })
    await remove('a')
    expect(addresses()).toEqual(['10.0.0.51'])
  })
})

describe('two families', () => {
  beforeEach(() => use({ clusterIpRanges: ['10.0.0.0/24', 'fd00::/108'], random: () => 3 }))

  test('PreferDualStack gets both, SingleStack lets the second go', async () => {
    const { spec } = await create('a', { ipFamilyPolicy: 'PreferDualStack' })
    expect(spec.ipFamilies).toEqual(['IPv4', 'IPv6'])
    expect(spec.clusterIPs).toEqual(['10.0.0.20', 'fd00::104'])
    expect(addresses()).toEqual(['10.0.0.20', 'fd00::104'])
    const single = await change('a', { ipFamilyPolicy: 'SingleStack' })
    expect(single.spec.clusterIPs).toEqual(['10.0.0.20'])
    expect(addresses()).toEqual(['10.0.0.20'])
    const both = await change('a', { ipFamilyPolicy: 'RequireDualStack' })
    expect(both.spec.clusterIPs).toEqual(['10.0.0.20', 'fd00::104'])
  })

  test('the other family first', async () => {
    const { spec } = await create('a', { ipFamilies: ['IPv6'], ipFamilyPolicy: 'PreferDualStack' })
    expect(spec.ipFamilies).toEqual(['IPv6', 'IPv4'])
    expect(spec.clusterIP).toBe('fd00::104')
  })

  test('a second address is not given up without saying so', async () => {
    await create('a', { ipFamilyPolicy: 'RequireDualStack' })
    expect(await refusal(change('a', { clusterIPs: ['10.0.0.20'] }))).toContain(
      "must be 'SingleStack' to release the secondary cluster IP",
    )
  })
})

describe('node ports', () => {
  test('are taken, kept and released', async () => {
    await create('a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30021 }] })
    expect(takenPorts()).toEqual([30021])
    await change('a', { ports: [{ port: 80, nodePort: 30022 }] })
    expect(takenPorts()).toEqual([30022])
    await change('a', { type: 'ClusterIP' })
    expect(takenPorts()).toEqual([])
    expect(services.find('ns', 'a')!.value.toString()).not.toContain('nodePort')
  })

  test('of one number and two protocols are one', async () => {
    const ports = [
      { name: 'a', port: 80 },
      { name: 'b', port: 80, protocol: 'UDP' },
    ]
    const { spec } = await create('a', { type: 'NodePort', ports })
    expect(spec.ports[0].nodePort).toBe(spec.ports[1].nodePort)
    expect(takenPorts()).toEqual([spec.ports[0].nodePort])
    await change('a', { ports: [{ name: 'a', port: 80 }] })
    expect(takenPorts()).toEqual([spec.ports[0].nodePort])
  })

  const refused = [
    { ports: [{ port: 80, nodePort: 29999 }], want: 'The range of valid ports is 30000-32767' },
    {
      ports: [{ port: 80, nodePort: 30001 }],
      want: 'spec.ports[0].nodePort: Invalid value: 30001: provided port is already',
    },
  ]
  for (const { ports, want } of refused) {
    test(want, async () => {
      await create('other', { type: 'NodePort', ports: [{ port: 1, nodePort: 30001 }] })
      expect(await refusal(create('a', { type: 'NodePort', ports }))).toContain(want)
      expect(addresses()).toHaveLength(1)
    })
  }

  test('many at once get a port each', async () => {
    const made = await Promise.all(Array.from({ length: 200 }, (_, i) => create(`s${i}`, { type: 'NodePort' })))
    expect(new Set(made.map(({ spec }) => spec.ports[0].nodePort)).size).toBe(200)
    expect(takenPorts()).toHaveLength(200)
    await Promise.all(made.map(({ metadata }) => remove(metadata.name ?? '')))
    expect(takenPorts()).toEqual([])
  })

  test('health checks have one of their own', async () => {
    const { spec } = await create('l', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' })
    expect(takenPorts()).toEqual([spec.ports[0].nodePort, spec.healthCheckNodePort].sort())
    const cluster = await change('l', { externalTrafficPolicy: 'Cluster' })
    expect(cluster.spec.healthCheckNodePort).toBeUndefined()
    expect(takenPorts()).toEqual([spec.ports[0].nodePort])
    await create('m', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false })
    expect(takenPorts()).toHaveLength(1)
  })
})

test('a service takes its endpoints with it', async () => {
  await create('a')
  const json = Buffer.from(
    '{"kind":"Endpoints","apiVersion":"v1","metadata":{"name":"a","uid":"u","creationTimestamp":null}}',
  )
  const revisionAt = json.indexOf('"creationTimestamp"')
  const value = { json, revisionAt, index: Buffer.alloc(0) }
  const key = '/registry/services/endpoints/ns/a'
  await store.commit([{ prefix: '/registry/services/endpoints/', key, expect: 0, value }])
  await remove('a')
  expect(store.get(key)).toBeUndefined()
})

test('repair gives back what no service has, and takes what services have', async () => {
  await create('a', { clusterIP: '10.0.0.60', type: 'NodePort', ports: [{ port: 80, nodePort: 30060 }] })
  await create('b', { clusterIP: '10.0.0.61', type: 'NodePort', ports: [{ port: 80, nodePort: 30061 }] })
  const drop = async (prefix: string, key: string) => store.commit([{ prefix, key, expect: store.get(key)!.revision }])
  await drop('/registry/services/specs/', '/registry/services/specs/ns/a')
  await drop('/registry/ipaddresses/', '/registry/ipaddresses/10.0.0.61')
  await repairServiceAllocation({ environment, clusterIpRanges: ['10.0.0.0/24'] })
  expect(addresses()).toEqual(['10.0.0.61'])
  expect(takenPorts()).toEqual([30061])
})

test('a service still finds an address among ten thousand taken ones', async () => {
  use({ clusterIpRanges: ['10.1.0.0/18'] })
  const writes = Array.from({ length: 10_000 }, (_, i) => {
    const name = `10.1.${(i + 2) >> 8}.${(i + 2) & 255}`
    const json = Buffer.from(`{"kind":"IPAddress","metadata":{"name":"${name}","uid":"u","creationTimestamp":null}}`)
    const value = { json, revisionAt: json.indexOf('"creationTimestamp"'), index: Buffer.alloc(0) }
    return { prefix: '/registry/ipaddresses/', key: `/registry/ipaddresses/${name}`, expect: 0, value }
  })
  await store.commit(writes)
  for (let i = 0; i < 50; i++) await create(`s${i}`)
  expect(addresses()).toHaveLength(10_050)
})
