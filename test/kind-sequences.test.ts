import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LibraryServer, libraryServer } from './support/library-server.js'

// biome-ignore lint/suspicious/noExplicitAny: answers of every form
type Json = any

let folder: string
let server: LibraryServer
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kats-sequences-'))
  writeFileSync(join(folder, 'tokens.csv'), 'secret,admin,1,system:masters\n')
  server = await libraryServer({ authentication: { tokenAuthFile: join(folder, 'tokens.csv') } })
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const types = { PATCH: 'application/merge-patch+json', APPLY: 'application/apply-patch+yaml' } as const

async function send(method: string, path: string, body?: Json): Promise<Json> {
  const type = types[method as keyof typeof types] ?? 'application/json'
  const sent = { method: method === 'APPLY' ? 'PATCH' : method, token: 'secret', headers: { 'content-type': type } }
  return (await server.ask(path, body === undefined ? sent : { ...sent, body })).json
}
const owners = ({ metadata }: Json): string[] =>
  (metadata.managedFields ?? []).map((e: Json) => `${e.manager} ${e.operation} ${e.apiVersion}`)

test('the first update of a claim is written even if it changes nothing, the second is not', async () => {
  const claims = '/api/v1/namespaces/default/persistentvolumeclaims'
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
  const made = await send('POST', claims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'c' },
    spec,
  })
  const first = await send('PATCH', `${claims}/c`, { spec: { volumeMode: 'Filesystem' } })
  const second = await send('PATCH', `${claims}/c`, { spec: { volumeMode: 'Filesystem' } })
  expect(first.metadata.resourceVersion).not.toBe(made.metadata.resourceVersion)
  expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
  expect({ ...first, metadata: 0 }).toEqual({ ...made, metadata: 0 })
})

test("a job's first update writes the labels it has by default", async () => {
  const jobs = '/apis/batch/v1/namespaces/default/jobs'
  const spec = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } }
  const made = await send('POST', jobs, { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j' }, spec })
  const first = await send('PATCH', `${jobs}/j`, {})
  const second = await send('PATCH', `${jobs}/j/status`, { status: {} })
  expect(first.metadata.resourceVersion).not.toBe(made.metadata.resourceVersion)
  expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
})

test('amounts written in another way are stored, and are no change of the spec', async () => {
  const deployments = '/apis/apps/v1/namespaces/default/deployments'
  const sized = (memory: string) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'sized' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: {
        metadata: { labels: { a: 'b' } },
        spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { memory } } }] },
      },
    },
  })
  const answers = [await send('POST', deployments, sized('1Gi'))]
  for (const memory of ['1073741824', '1024Mi', '2Gi'])
    answers.push(await send('PUT', `${deployments}/sized`, sized(memory)))
  expect(answers.map(({ metadata }) => metadata.generation)).toEqual([1, 1, 1, 2])
  expect(new Set(answers.map(({ metadata }) => metadata.resourceVersion)).size).toBe(4)
})

test('what cannot be converted is told by the way it came', async () => {
  const sets = '/apis/apps/v1/namespaces/default/daemonsets'
  const set = (generation?: string) => ({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {
      name: 'd',
      ...(generation && { annotations: { 'deprecated.daemonset.template.generation': generation } }),
    },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  })
  const why = 'strconv.ParseInt: parsing "x": invalid syntax'
  await send('POST', sets, set())
  const put = await send('PUT', `${sets}/d`, set('x'))
  expect([put.code, put.message]).toEqual([400, `DaemonSet in version "v1" cannot be handled as a DaemonSet: ${why}`])
  const patched = await send('PATCH', `${sets}/d`, { metadata: set('x').metadata })
  expect([patched.code, patched.message.endsWith(`: ${why}`)]).toEqual([422, true])
  const applied = await send('APPLY', `${sets}/d?fieldManager=m&force=true`, set('x'))
  const unversioned = 'failed to convert to unversioned (/d; apps/v1, Kind=DaemonSet)'
  expect([applied.code, applied.message]).toEqual([500, `${unversioned}: ${why}`])
})

test('what is owned of an event in one group is lost on a write in the other', async () => {
  const core = '/api/v1/namespaces/default/events'
  const newer = '/apis/events.k8s.io/v1/namespaces/default/events'
  const event = { apiVersion: 'v1', kind: 'Event', metadata: { name: 'e' }, involvedObject: { namespace: 'default' } }
  const made = await send('POST', `${core}?fieldManager=a`, event)
  expect(owners(made)).toEqual(['a Update v1'])
  const changed = await send('PATCH', `${newer}/e?fieldManager=b`, { metadata: { annotations: { a: '1' } } })
  expect(owners(changed)).toEqual(['b Update events.k8s.io/v1'])
  const back = await send('PATCH', `${core}/e?fieldManager=c`, { message: 'm' })
  expect(owners(back)).toEqual(['c Update v1'])
})

test('an autoscaler is applied in both versions without a change of its own', async () => {
  const in_ = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers/h`
  const body = (version: string) => ({
    apiVersion: `autoscaling/${version}`,
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h' },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3 },
  })
  const made = await send('APPLY', `${in_('v1')}?fieldManager=m`, body('v1'))
  expect(owners(made)).toEqual(['m Apply autoscaling/v1'])
  const time = made.metadata.managedFields[0].time
  const again = await send('APPLY', `${in_('v2')}?fieldManager=m`, body('v2'))
  expect(owners(again)).toEqual(['m Apply autoscaling/v2'])
  expect(again.metadata.managedFields[0].time).toBe(time)
})

test('an empty list that is sent is a new generation of kinds that are compared to the last nil', async () => {
  const policies = '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies'
  const policy = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'n' } }
  await send('POST', policies, { ...policy, spec: { podSelector: {} } })
  const generations: number[] = []
  for (const spec of [{ ingress: [] }, { ingress: null }, { podSelector: { matchLabels: {} } }, {}])
    generations.push((await send('PATCH', `${policies}/n`, { spec })).metadata.generation)
  expect(generations).toEqual([2, 2, 3, 3])
})

test('an empty list that is sent within an atomic list makes the list the sender’s', async () => {
  const claims = '/apis/resource.k8s.io/v1/namespaces/default/resourceclaims'
  const claim = (more: object) => ({
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: { name: 'r' },
    spec: { devices: { requests: [{ name: 'r1', firstAvailable: [{ name: 's', deviceClassName: 'g', ...more }] }] } },
  })
  await send('APPLY', `${claims}/r?fieldManager=m`, claim({}))
  expect(owners(await send('PUT', `${claims}/r?fieldManager=a`, claim({ count: 1 })))).toEqual([
    'm Apply resource.k8s.io/v1',
  ])
  expect(owners(await send('PUT', `${claims}/r?fieldManager=a`, claim({ selectors: [] })))).toEqual([
    'a Update resource.k8s.io/v1',
  ])
})

describe('namespaces', () => {
  const namespaces = '/api/v1/namespaces'
  const make = (name: string) =>
    send('POST', namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {} })

  test('the first deletion only marks, even without finalizers', async () => {
    await make('marked')
    await send('PUT', `${namespaces}/marked/finalize`, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'marked' },
    })
    const marked = await send('DELETE', `${namespaces}/marked`)
    expect([marked.status.phase, marked.metadata.deletionGracePeriodSeconds]).toEqual(['Terminating', undefined])
    expect((await send('GET', `${namespaces}/marked`)).status.phase).toBe('Terminating')
    await send('DELETE', `${namespaces}/marked`)
    expect((await send('GET', `${namespaces}/marked`)).code).toBe(404)
  })
})

test('a service account whose secrets cannot be told apart cannot be applied to', async () => {
  const accounts = '/api/v1/namespaces/default/serviceaccounts'
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 's' } }
  await send('POST', accounts, { ...account, secrets: [null] })
  expect((await send('APPLY', `${accounts}/s?fieldManager=m`, account)).message).toBe(
    'failed to create manager for existing fields: failed to convert new object (default/s; /v1, Kind=ServiceAccount) ' +
      'to smd typed: .secrets: element 0: associative list with keys has an element that omits all key fields ["name"] ' +
      "(and doesn't have default values for any key fields)",
  )
})

test('a resourceVersion that is no number is refused before there is anything to compare it with', async () => {
  const services = '/api/v1/namespaces/default/services'
  const body = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'absent', resourceVersion: 'x' },
    spec: { ports: 1 },
  }
  const answer = await send('PUT', `${services}/absent`, { ...body, spec: { ports: [{ port: 80 }], type: 'Odd' } })
  expect([answer.code, answer.message]).toEqual([500, 'strconv.ParseUint: parsing "x": invalid syntax'])
})

test.each([
  ['x', 'invalid syntax'],
  ['', 'invalid syntax'],
  ['-1', 'invalid syntax'],
  ['99999', 'value out of range'],
])('ports=%s of a port forward', async (port, why) => {
  const answer = await send('POST', `/api/v1/namespaces/default/pods/none/portforward?ports=${port}`)
  expect(answer.message).toBe(`cannot convert to []int32: strconv.ParseUint: parsing "${port}": ${why}`)
})
