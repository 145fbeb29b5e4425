import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ApiError, type KubeObject } from '../../api/index.js'
import type { AdmissionAttributes } from '../admission.js'
import { attributesFor } from '../testing.js'
import { type ResourceQuotaOptions, resourceQuota } from './resource-quota.js'

/** Quotas in memory, each with a revision, and a commit that takes a turn of the event loop. */
function quotasOf(...all: KubeObject[]) {
  let stored: KubeObject[] = all.map((quota, i) => ({
    ...quota,
    metadata: { ...quota.metadata, resourceVersion: String(i + 1) },
  }))
  let revision = all.length
  let commits = 0
  const save: ResourceQuotaOptions['save'] = async (changes) => {
    await new Promise((resolve) => setImmediate(resolve))
    commits++
    const current = (name: string | undefined) => stored.find(({ metadata }) => metadata.name === name)
    if (
      changes.some(({ old }) => current(old.metadata.name)?.metadata.resourceVersion !== old.metadata.resourceVersion)
    )
      return false
    revision++
    stored = stored.map((quota) => {
      const next = changes.find((change) => change.old.metadata.name === quota.metadata.name)?.next
      return next === undefined ? quota : { ...next, metadata: { ...next.metadata, resourceVersion: String(revision) } }
    })
    return true
  }
  const objects = { find: () => undefined, list: () => stored }
  return {
    plugin: (more: Partial<ResourceQuotaOptions> = {}) =>
      resourceQuota(objects, { save, now: () => 0, enabled: () => true, ...more }),
    used: (name: string): Record<string, string> => stored.find(({ metadata }) => metadata.name === name)?.status.used,
    change(name: string, used: Record<string, string>) {
      revision++
      stored = stored.map((quota) =>
        quota.metadata.name === name
          ? {
              ...quota,
              status: { ...quota.status, used },
              metadata: { ...quota.metadata, resourceVersion: String(revision) },
            }
          : quota,
      )
    },
    commits: () => commits,
  }
}

const quota = (
  hard: Record<string, string>,
  used: Record<string, string>,
  spec: object = {},
  name = 'q',
): KubeObject => ({
  metadata: { name, namespace: 'n' },
  spec,
  status: { hard, used },
})

const pod = (resources: object, more: object = {}): KubeObject => ({
  metadata: { name: 'p', namespace: 'n' },
  spec: { containers: [{ name: 'c', resources }], ...more },
  status: { qosClass: 'Burstable' },
})

const create = (object: KubeObject, resource = '/pods', more: Partial<AdmissionAttributes> = {}) =>
  attributesFor('CREATE', resource, object, more)

describe('one request', () => {
  it('is charged', async () => {
    const quotas = quotasOf(quota({ pods: '2', 'requests.cpu': '1' }, { pods: '0', 'requests.cpu': '100m' }))
    await quotas.plugin().validate!(create(pod({ requests: { cpu: '500m' } })))
    expect(quotas.used('q')).toEqual({ pods: '1', 'requests.cpu': '600m' })
  })

  it.each<[string, KubeObject, KubeObject, string]>([
    [
      'does not fit',
      quota(
        { pods: '9', 'requests.cpu': '1', 'limits.memory': '1Gi' },
        { pods: '0', 'requests.cpu': '800m', 'limits.memory': '1Gi' },
      ),
      pod({ requests: { cpu: '300m' }, limits: { memory: '1Mi' } }),
      'exceeded quota: q, requested: limits.memory=1Mi,requests.cpu=300m, used: limits.memory=1Gi,requests.cpu=800m, limited: limits.memory=1Gi,requests.cpu=1',
    ],
    [
      'does not say what it needs',
      quota({ cpu: '1', 'limits.memory': '1' }, { cpu: '0', 'limits.memory': '0' }),
      pod({}),
      'failed quota: q: must specify cpu for: c; limits.memory for: c',
    ],
    ['nobody has counted yet', quota({ pods: '1' }, {}), pod({}), 'status unknown for quota: q, resources: pods'],
  ])('is refused: %s', async (_, stored, object, why) => {
    const quotas = quotasOf(stored)
    await expect(quotas.plugin().validate!(create(object))).rejects.toThrow(`pods "p" is forbidden: ${why}`)
    expect(quotas.commits()).toBe(0)
  })

  it('of a dry run is judged but not charged', async () => {
    const quotas = quotasOf(quota({ pods: '1' }, { pods: '0' }))
    await quotas.plugin().validate!(create(pod({}), '/pods', { dryRun: true }))
    expect(quotas.used('q')).toEqual({ pods: '0' })
  })

  it('is charged for its growth only', async () => {
    const quotas = quotasOf(quota({ 'requests.storage': '10Gi' }, { 'requests.storage': '9Gi' }))
    const claim = (storage: string): KubeObject => ({
      metadata: { name: 'c', namespace: 'n', resourceVersion: '7' },
      spec: { resources: { requests: { storage } } },
    })
    const grow = (to: string) =>
      quotas.plugin().validate!(
        attributesFor('UPDATE', '/persistentvolumeclaims', claim(to), { oldObject: claim('9Gi') }),
      )
    await grow('10Gi')
    expect(quotas.used('q')).toEqual({ 'requests.storage': '10Gi' })
    await expect(grow('11Gi')).rejects.toThrow('requested: requests.storage=2Gi, used: requests.storage=10Gi')
  })

  it.each<[string, string, KubeObject, Record<string, string>]>([
    [
      'any kind',
      'example.test/widgets',
      { metadata: { name: 'w', namespace: 'n' } },
      { 'count/widgets.example.test': '1' },
    ],
    [
      'under its old name',
      '/secrets',
      { metadata: { name: 's', namespace: 'n' } },
      { secrets: '1', 'count/secrets': '1' },
    ],
    [
      'node ports',
      '/services',
      { metadata: { name: 's', namespace: 'n' }, spec: { type: 'LoadBalancer', ports: [{}, {}] } },
      { services: '1', 'services.nodeports': '2', 'services.loadbalancers': '1' },
    ],
    [
      'storage of a class',
      '/persistentvolumeclaims',
      {
        metadata: { name: 'c', namespace: 'n' },
        spec: { storageClassName: 'g', resources: { requests: { storage: '1.5' } } },
      },
      {
        'g.storageclass.storage.k8s.io/requests.storage': '2',
        'g.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
      },
    ],
    [
      'extended resources',
      '/pods',
      pod({ requests: { 'example.test/gpu': '3' } }),
      { 'requests.example.test/gpu': '3', 'count/pods': '1' },
    ],
  ])('counts %s', async (_, resource, object, used) => {
    const names = Object.keys(used)
    const all = (value: string) => Object.fromEntries(names.map((name) => [name, value]))
    const quotas = quotasOf(quota(all('10'), all('0')))
    await quotas.plugin().validate!(create(object, resource))
    expect(quotas.used('q')).toEqual(used)
  })

  it('does not count events, nor what has no namespace', () => {
    const { plugin } = quotasOf(quota({ 'count/events': '0' }, { 'count/events': '0' }))
    expect(plugin().validate!(create(pod({}), '/events'))).toBeUndefined()
    expect(plugin().validate!(create({ metadata: { name: 'x' } }, '/nodes'))).toBeUndefined()
  })
})

describe('scopes', () => {
  const inScope = async (spec: object, object: KubeObject): Promise<boolean> => {
    const quotas = quotasOf(quota({ pods: '1' }, { pods: '0' }, spec))
    await quotas.plugin().validate!(create(object))
    return quotas.used('q').pods === '1'
  }
  const classes = (operator: string, ...values: string[]) => ({
    scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator, values }] },
  })
  it.each<[string, object, KubeObject, boolean]>([
    ['Terminating', { scopes: ['Terminating'] }, pod({}, { activeDeadlineSeconds: 5 }), true],
    ['NotTerminating', { scopes: ['NotTerminating'] }, pod({}, { activeDeadlineSeconds: 5 }), false],
    ['BestEffort', { scopes: ['BestEffort'] }, pod({}), false],
    ['NotBestEffort', { scopes: ['NotBestEffort'] }, pod({}), true],
    ['all of several', { scopes: ['NotBestEffort', 'Terminating'] }, pod({}), false],
    ['class in', classes('In', 'high'), pod({}, { priorityClassName: 'high' }), true],
    ['class not in', classes('NotIn', 'high'), pod({}, { priorityClassName: 'high' }), false],
    ['class exists', classes('Exists'), pod({}), false],
    [
      'affinity beyond the namespace',
      { scopes: ['CrossNamespacePodAffinity'] },
      pod(
        {},
        { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ namespaces: ['x'] }] } } },
      ),
      true,
    ],
  ])('%s', async (_, spec, object, expected) => expect(await inScope(spec, object)).toBe(expected))
})

describe('many requests at once', () => {
  it('never exceed a quota, not by one', async () => {
    const quotas = quotasOf(
      quota({ pods: '50' }, { pods: '0' }),
      quota({ 'requests.cpu': '4' }, { 'requests.cpu': '0' }, {}, 'cpu'),
    )
    const plugin = quotas.plugin()
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, async () => plugin.validate!(create(pod({ requests: { cpu: '100m' } })))),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(40)
    expect(quotas.used('cpu')).toEqual({ 'requests.cpu': '4' })
    expect(quotas.used('q')).toEqual({ pods: '40' })
    expect(quotas.commits()).toBeLessThan(5)
  })

  it('nor where others change it meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 6 }), async (elsewhere) => {
        const quotas = quotasOf(quota({ pods: '10' }, { pods: '0' }))
        const plugin = quotas.plugin()
        const others = elsewhere.map(async (extra) => {
          for (let i = 0; i < extra; i++) await new Promise((resolve) => setImmediate(resolve))
          const now = Number(quotas.used('q').pods)
          if (now < 10) quotas.change('q', { pods: String(now + 1) })
          return now < 10 ? 1 : 0
        })
        const results = await Promise.allSettled(
          Array.from({ length: 12 }, async () => plugin.validate!(create(pod({})))),
        )
        const taken = (await Promise.all(others)).reduce<number>((sum, one) => sum + one, 0)
        const admitted = results.filter(({ status }) => status === 'fulfilled').length
        expect(admitted + taken).toBe(Number(quotas.used('q').pods))
        expect(admitted + taken).toBeLessThanOrEqual(10)
      }),
      { numRuns: 30 },
    )
  })

  it('give up politely where a quota never holds still', async () => {
    const quotas = quotasOf(quota({ pods: '10' }, { pods: '0' }))
    const refusal = quotas.plugin({ save: () => Promise.resolve(false) }).validate!(create(pod({})))
    await expect(refusal).rejects.toThrow(ApiError)
    await expect(refusal).rejects.toThrow('the object has been modified')
  })
})

describe('limited resources', () => {
  const limited = [{ apiGroup: '', resource: 'pods', matchContains: ['requests.cpu'], matchScopes: [] }]
  const ask = (...quotas: KubeObject[]) =>
    quotasOf(...quotas).plugin({ limited }).validate!(create(pod({ requests: { cpu: '1' } })))
  it('take a quota', async () => {
    await expect(ask()).rejects.toThrow('pods "p" is forbidden: insufficient quota to consume: requests.cpu')
    await expect(ask(quota({ 'requests.cpu': '1' }, { 'requests.cpu': '0' }))).resolves.toBeUndefined()
  })
})
