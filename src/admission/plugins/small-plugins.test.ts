import { describe, expect, it, vi } from 'vitest'
import type { KubeObject } from '../../api/index.js'
import type { AdmissionAttributes, AdmissionPlugin, Operation } from '../admission.js'
import { attributesFor, named, objectsOf } from '../testing.js'
import { alwaysAdmit, alwaysDeny } from './always.js'
import { alwaysPullImages } from './always-pull-images.js'
import { certificateApproval, certificateSigning, clusterTrustBundleAttest } from './certificates.js'
import { defaultIngressClass, defaultStorageClass } from './default-classes.js'
import { denyServiceExternalIPs } from './deny-service-external-ips.js'
import { eventRateLimit } from './event-rate-limit.js'
import { extendedResourceToleration } from './extended-resource-toleration.js'
import { limitPodHardAntiAffinityTopology } from './limit-pod-hard-anti-affinity-topology.js'
import { namespaceAutoProvision, namespaceExists } from './namespaces.js'
import { nodeDeclaredFeatureValidator } from './node-declared-feature-validator.js'
import { ownerReferencesPermissionEnforcement } from './owner-references.js'
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.js'
import { jobValidation, podGroupProtection, podGroupWorkloadExists } from './pod-groups.js'
import { podNodeSelector } from './pod-node-selector.js'
import { podResizeValidator } from './pod-resize-validator.js'
import { podTolerationRestriction } from './pod-toleration-restriction.js'
import { podTopologyLabels } from './pod-topology-labels.js'
import { runtimeClass } from './runtime-class.js'
import { serviceAccount } from './service-account.js'
import { storageObjectInUseProtection } from './storage-object-in-use-protection.js'
import { taintNodesByCondition } from './taint-nodes-by-condition.js'

/** Both phases, as far as a plugin has them. */
async function run(
  plugin: AdmissionPlugin,
  operation: Operation,
  resource: string,
  object: KubeObject | undefined,
  more: Partial<AdmissionAttributes> = {},
): Promise<KubeObject | undefined> {
  const attributes = attributesFor(operation, resource, object, more)
  if (plugin.handles(operation)) {
    await plugin.admit?.(attributes)
    await plugin.validate?.(attributes)
  }
  return object
}

const pod = (spec: object = {}, meta: object = {}): KubeObject => ({
  metadata: { name: 'p', namespace: 'n', ...meta },
  spec,
})
const namespace = (annotations: Record<string, string> = {}) => ({
  '/namespaces': [{ metadata: { name: 'n', annotations } }],
})
const nothing = objectsOf({})

it('always the same', async () => {
  await run(alwaysAdmit(), 'CREATE', '/pods', pod())
  await expect(run(alwaysDeny(), 'DELETE', '/pods', undefined, { name: 'p' })).rejects.toThrow(
    'pods "p" is forbidden: admission control is denying all modifications',
  )
})

it('nodes are tainted once', async () => {
  const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }
  expect((await run(taintNodesByCondition(), 'CREATE', '/nodes', named('n')))?.spec).toEqual({ taints: [taint] })
  const again = await run(taintNodesByCondition(), 'CREATE', '/nodes', named('n', { spec: { taints: [taint] } }))
  expect(again?.spec.taints).toHaveLength(1)
})

it.each([
  ['/persistentvolumes', 'kubernetes.io/pv-protection'],
  ['/persistentvolumeclaims', 'kubernetes.io/pvc-protection'],
  ['storage.k8s.io/volumeattributesclasses', 'kubernetes.io/vac-protection'],
])('%s are protected', async (resource, finalizer) => {
  const object = await run(storageObjectInUseProtection(), 'CREATE', resource, named('v'))
  expect(object?.metadata.finalizers).toEqual([finalizer])
  await run(storageObjectInUseProtection(), 'CREATE', resource, object)
  expect(object?.metadata.finalizers).toEqual([finalizer])
})

describe('default classes', () => {
  const marked = (name: string, at: string, mark = 'storageclass.kubernetes.io/is-default-class') => ({
    metadata: { name, creationTimestamp: at, annotations: { [mark]: 'true' } },
  })
  const classes = objectsOf({
    'storage.k8s.io/storageclasses': [
      marked('old', '2026-01-01T00:00:00Z'),
      marked('b', '2026-01-02T00:00:00Z'),
      marked('a', '2026-01-02T00:00:00Z'),
      named('plain'),
    ],
    'networking.k8s.io/ingressclasses': [
      marked('i', '2026-01-01T00:00:00Z', 'ingressclass.kubernetes.io/is-default-class'),
    ],
  })
  it('the newest, the first by name', async () => {
    const claim = await run(defaultStorageClass(classes), 'CREATE', '/persistentvolumeclaims', named('c', { spec: {} }))
    expect(claim?.spec.storageClassName).toBe('a')
  })
  it.each<[string, KubeObject]>([
    ['none on purpose', named('c', { spec: { storageClassName: '' } })],
    ['in the old way', { metadata: { annotations: { 'volume.beta.kubernetes.io/storage-class': '' } }, spec: {} }],
  ])('not where there is one: %s', async (_, claim) => {
    const before = structuredClone(claim)
    expect(await run(defaultStorageClass(classes), 'CREATE', '/persistentvolumeclaims', claim)).toEqual(before)
  })
  it('of ingresses', async () => {
    const plugin = defaultIngressClass(classes)
    const ingress = await run(plugin, 'CREATE', 'networking.k8s.io/ingresses', named('x', { spec: {} }))
    expect(ingress?.spec.ingressClassName).toBe('i')
    const old = { metadata: { annotations: { 'kubernetes.io/ingress.class': 'x' } }, spec: {} }
    expect((await run(plugin, 'CREATE', 'networking.k8s.io/ingresses', old))?.spec).toEqual({})
  })
})

describe('claims grow', () => {
  const claim = (storage: string, phase = 'Bound', storageClassName = 's') =>
    named('c', { spec: { storageClassName, resources: { requests: { storage } } }, status: { phase } })
  const classes = objectsOf({
    'storage.k8s.io/storageclasses': [named('s', { allowVolumeExpansion: true }), named('fixed')],
  })
  const grow = (to: KubeObject, from: KubeObject) =>
    run(persistentVolumeClaimResize(classes), 'UPDATE', '/persistentvolumeclaims', to, { oldObject: from })
  it('if their class says so', async () => {
    await grow(claim('2Gi'), claim('1Gi'))
    await grow(claim('1Gi', 'Pending'), claim('1Gi', 'Pending'))
    await expect(grow(claim('2Gi'), claim('1Gi', 'Pending'))).rejects.toThrow('Only bound persistent volume claims')
    const dynamic = 'only dynamically provisioned pvc can be resized'
    await expect(grow(claim('2Gi', 'Bound', 'fixed'), claim('1Gi', 'Bound', 'fixed'))).rejects.toThrow(dynamic)
    await expect(grow(claim('2Gi'), claim('1Gi', 'Bound', 'fixed'))).rejects.toThrow(dynamic)
  })
})

describe('runtime classes', () => {
  const classes = objectsOf({
    'node.k8s.io/runtimeclasses': [
      named('r', {
        overhead: { podFixed: { cpu: '250m' } },
        scheduling: { nodeSelector: { a: 'b' }, tolerations: [{ key: 'k', operator: 'Exists' }] },
      }),
      named('plain'),
    ],
  })
  const create = (spec: object) => run(runtimeClass(classes), 'CREATE', '/pods', pod(spec))
  it('add overhead and scheduling', async () => {
    expect((await create({ runtimeClassName: 'r', nodeSelector: { c: 'd' } }))?.spec).toEqual({
      runtimeClassName: 'r',
      overhead: { cpu: '250m' },
      nodeSelector: { c: 'd', a: 'b' },
      tolerations: [{ key: 'k', operator: 'Exists' }],
    })
  })
  it('take the same overhead said otherwise', async () => {
    expect((await create({ runtimeClassName: 'r', overhead: { cpu: '0.25' } }))?.spec.overhead).toEqual({ cpu: '250m' })
  })
  it.each([
    [{ runtimeClassName: 'x' }, 'pod rejected: RuntimeClass "x" not found'],
    [{ runtimeClassName: 'a/b%' }, `invalid resource name "a/b%": [may not contain '/' may not contain '%']`],
    [{ runtimeClassName: '' }, 'resource name may not be empty'],
    [{ runtimeClassName: 'r', overhead: { cpu: '1' } }, "Pod's Overhead doesn't match RuntimeClass's defined Overhead"],
    [{ runtimeClassName: 'plain', overhead: { cpu: '1' } }, 'Pod Overhead set without corresponding RuntimeClass'],
    [
      { runtimeClassName: 'r', nodeSelector: { a: 'x' } },
      'conflict: runtimeClass.scheduling.nodeSelector[a] = b; pod.spec.nodeSelector[a] = x',
    ],
  ])('refuse %j', async (spec, why) => expect(create(spec)).rejects.toThrow(why))
})

describe('signers', () => {
  const asked: string[] = []
  const authorize = ({ verb, name = '' }: { verb: string; name?: string }) => {
    asked.push(`${verb} ${name}`)
    return { allowed: name === 'good.test/*', reason: '' }
  }
  const request = (signerName: string, status: object = {}) => named('r', { spec: { signerName }, status })
  const resource = 'certificates.k8s.io/certificatesigningrequests'
  it('are approved by who may', async () => {
    const approve = (signer: string) =>
      run(certificateApproval(authorize), 'UPDATE', resource, request(signer), {
        oldObject: request(signer),
        subresource: 'approval',
      })
    await approve('good.test/x')
    expect(asked).toEqual(['approve good.test/x', 'approve good.test/*'])
    await expect(approve('bad.test/x')).rejects.toThrow(
      'user not permitted to approve requests with signerName "bad.test/x"',
    )
  })
  it('are signed by who may', async () => {
    const sign = (status: object) =>
      run(certificateSigning(authorize), 'UPDATE', resource, request('bad.test/x', status), {
        oldObject: request('bad.test/x'),
        subresource: 'status',
      })
    await sign({})
    await expect(sign({ certificate: 'x' })).rejects.toThrow('user not permitted to sign requests')
  })
  it('are attested by who may', async () => {
    const bundle = (meta: object = {}) => ({ metadata: { name: 'b', ...meta }, spec: { signerName: 'bad.test/x' } })
    const plugin = clusterTrustBundleAttest(authorize)
    const resource = 'certificates.k8s.io/clustertrustbundles'
    await expect(run(plugin, 'CREATE', resource, bundle())).rejects.toThrow('user not permitted to attest')
    await run(plugin, 'UPDATE', resource, bundle({ finalizers: ['x'] }), { oldObject: bundle() })
  })
})

it('pods learn where their node is', async () => {
  const labels = { 'topology.kubernetes.io/zone': 'z', other: 'x' }
  const plugin = podTopologyLabels(objectsOf({ '/nodes': [{ metadata: { name: 'n1', labels } }] }))
  const bound = await run(plugin, 'CREATE', '/pods', named('p', { target: { kind: 'Node', name: 'n1' } }), {
    subresource: 'binding',
  })
  expect(bound?.metadata.labels).toEqual({ 'topology.kubernetes.io/zone': 'z' })
  expect((await run(plugin, 'CREATE', '/pods', pod({ nodeName: 'n1' })))?.metadata.labels).toEqual(
    bound?.metadata.labels,
  )
  expect((await run(plugin, 'CREATE', '/pods', pod({ nodeName: 'n2' })))?.metadata.labels).toBeUndefined()
})

it('pods are resized where there is room', async () => {
  const node = (os: string, cpu: string) =>
    objectsOf({
      '/nodes': [
        {
          metadata: { name: 'n1', labels: { 'kubernetes.io/os': os } },
          status: { allocatable: { cpu, memory: '1Gi' } },
        },
      ],
    })
  const resize = (objects: ReturnType<typeof node>, generation = 2) =>
    run(
      podResizeValidator(objects),
      'UPDATE',
      '/pods',
      pod({ nodeName: 'n1', containers: [{ name: 'c', resources: { requests: { cpu: '2' } } }] }, { generation }),
      { subresource: 'resize', oldObject: pod({}, { generation: 1 }) },
    )
  await resize(node('linux', '2'))
  await resize(node('linux', '1'), 1)
  await expect(resize(node('linux', '1'))).rejects.toMatchObject({
    message:
      'pods "p" is forbidden: node didn\'t have enough allocatable resources: cpu, requested: 2000, allocatable: 1000',
    details: { causes: [{ reason: 'NodeCapacity' }] },
  })
  await expect(resize(node('windows', '2'))).rejects.toThrow(
    'pod resize is only supported on linux nodes, node "n1" is "windows"',
  )
  await expect(resize(nothing)).rejects.toThrow('node "n1" not found')
})

describe('service accounts', () => {
  const around = { random: () => 0, nameSuffix: () => 'abcde' }
  const accounts = (...all: object[]) => objectsOf({ '/serviceaccounts': all as KubeObject[] })
  const account = (name: string, more: object = {}, annotations: Record<string, string> = {}) => ({
    metadata: { name, namespace: 'n', annotations },
    ...more,
  })
  const create = (objects: ReturnType<typeof accounts>, object: KubeObject) =>
    run(serviceAccount(objects, around), 'CREATE', '/pods', object)

  it('are given and mounted', async () => {
    const found = await create(
      accounts(account('default', { imagePullSecrets: [{ name: 's' }] })),
      pod({ containers: [{ name: 'c' }] }),
    )
    expect(found?.spec).toMatchObject({
      serviceAccountName: 'default',
      serviceAccount: 'default',
      imagePullSecrets: [{ name: 's' }],
      containers: [
        {
          volumeMounts: [
            {
              name: 'kube-api-access-abcde',
              readOnly: true,
              mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
            },
          ],
        },
      ],
      volumes: [{ name: 'kube-api-access-abcde', projected: { defaultMode: 420 } }],
    })
  })
  it('are not mounted where nobody wants it', async () => {
    const found = await create(
      accounts(account('default', { automountServiceAccountToken: false })),
      pod({ containers: [{ name: 'c' }] }),
    )
    expect(found?.spec.volumes).toBeUndefined()
  })
  it('must be there; the default one may come late', async () => {
    const text = 'pods "p" is forbidden: error looking up service account n/x: serviceaccount "x" not found'
    await expect(create(accounts(), pod({ serviceAccountName: 'x' }))).rejects.toThrow(text)
    vi.useFakeTimers()
    const all: object[] = []
    const late = run(
      serviceAccount({ find: () => all[0] as KubeObject | undefined, list: () => [] }, around),
      'CREATE',
      '/pods',
      pod({}),
    )
    await vi.advanceTimersByTimeAsync(250)
    all.push(account('default'))
    await vi.advanceTimersByTimeAsync(250)
    vi.useRealTimers()
    expect((await late)?.spec.serviceAccountName).toBe('default')
  })
  it('may keep secrets from pods', async () => {
    const strict = accounts(
      account('default', { secrets: [{ name: 'ok' }] }, { 'kubernetes.io/enforce-mountable-secrets': 'true' }),
    )
    const using = (secretName: string) => pod({ volumes: [{ name: 'v', secret: { secretName } }] })
    await create(strict, using('ok'))
    await expect(create(strict, using('no'))).rejects.toThrow(
      'volume with secret.secretName="no" is not allowed because service account default does not reference that secret',
    )
  })
  it('are nothing for mirror pods', async () => {
    const mirror = (spec: object) => pod(spec, { annotations: { 'kubernetes.io/config.mirror': 'x' } })
    expect((await create(accounts(), mirror({})))?.spec).toEqual({})
    await expect(create(accounts(), mirror({ serviceAccountName: 'x' }))).rejects.toThrow(
      'may not reference service accounts',
    )
    await expect(create(accounts(), mirror({ imagePullSecrets: [{ name: 'x' }] }))).rejects.toThrow(
      'may not reference secrets',
    )
  })
})

it('images are always pulled', async () => {
  const container = { name: 'c', image: 'a', imagePullPolicy: 'Never' }
  const created = await run(alwaysPullImages(), 'CREATE', '/pods', pod({ containers: [{ ...container }] }))
  expect(created?.spec.containers[0].imagePullPolicy).toBe('Always')
  const old = pod({ containers: [container] })
  const same = await run(alwaysPullImages(), 'UPDATE', '/pods', structuredClone(old), { oldObject: old })
  expect(same).toEqual(old)
})

it('external IPs stay what they are', async () => {
  const service = (...externalIPs: string[]) => named('s', { spec: { externalIPs } })
  const plugin = denyServiceExternalIPs()
  await run(plugin, 'CREATE', '/services', service())
  await run(plugin, 'UPDATE', '/services', service('1.1.1.1'), { oldObject: service('1.1.1.1', '2.2.2.2') })
  await expect(run(plugin, 'CREATE', '/services', service('1.1.1.1'))).rejects.toThrow('Use of external IPs is denied')
})

it('extended resources are tolerated', async () => {
  const containers = [{ resources: { requests: { cpu: '1', 'a.test/gpu': '1' } } }]
  const found = await run(extendedResourceToleration(), 'CREATE', '/pods', pod({ containers }))
  expect(found?.spec.tolerations).toEqual([{ key: 'a.test/gpu', operator: 'Exists', effect: 'NoSchedule' }])
  await run(extendedResourceToleration(), 'UPDATE', '/pods', found)
  expect(found?.spec.tolerations).toHaveLength(1)
})

it('anti-affinity is for hosts', async () => {
  const affine = (topologyKey: string) =>
    pod({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey }] } } })
  await run(limitPodHardAntiAffinityTopology(), 'CREATE', '/pods', affine('kubernetes.io/hostname'))
  await expect(run(limitPodHardAntiAffinityTopology(), 'CREATE', '/pods', affine('zone'))).rejects.toThrow(
    'affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey zone but only key kubernetes.io/hostname is allowed',
  )
})

it('namespaces must be there, or are made', async () => {
  await expect(run(namespaceExists(nothing), 'CREATE', '/pods', pod())).rejects.toThrow('namespaces "n" not found')
  await run(namespaceExists(objectsOf(namespace())), 'CREATE', '/pods', pod())
  const made: string[] = []
  const plugin = namespaceAutoProvision(nothing, async (name) => void made.push(name))
  await run(plugin, 'CREATE', '/pods', pod())
  await run(plugin, 'CREATE', '/pods', pod(), { dryRun: true })
  expect(made).toEqual(['n'])
})

describe('node selectors of namespaces', () => {
  const key = 'scheduler.alpha.kubernetes.io/node-selector'
  const create = (objects: ReturnType<typeof objectsOf>, nodeSelector: object, clusters = {}) =>
    run(podNodeSelector(objects, clusters), 'CREATE', '/pods', pod({ nodeSelector }))
  it('are added', async () => {
    const found = await create(objectsOf(namespace({ [key]: 'a=b, c=d' })), { e: 'f' })
    expect(found?.spec.nodeSelector).toEqual({ a: 'b', c: 'd', e: 'f' })
    const usual = await create(objectsOf(namespace()), {}, { clusterDefaultNodeSelector: 'x=y' })
    expect(usual?.spec.nodeSelector).toEqual({ x: 'y' })
  })
  it('are kept', async () => {
    await expect(create(objectsOf(namespace({ [key]: 'a=b' })), { a: 'x' })).rejects.toThrow(
      'pods "p" is forbidden: pod node label selector conflicts with its namespace node label selector',
    )
    await expect(create(objectsOf(namespace()), { a: 'x' }, { n: 'a=b' })).rejects.toThrow(
      'conflict with its namespace whitelist',
    )
    await expect(create(objectsOf(namespace({ [key]: 'a' })), {})).rejects.toThrow('invalid selector: [a]')
  })
})

it('tolerations of namespaces are added and kept', async () => {
  const own = namespace({
    'scheduler.alpha.kubernetes.io/defaultTolerations': '[{"key":"a","operator":"Exists"}]',
    'scheduler.alpha.kubernetes.io/tolerationsWhitelist': '[{"key":"a","operator":"Exists"}]',
  })
  const plugin = podTolerationRestriction(objectsOf(own))
  expect((await run(plugin, 'CREATE', '/pods', pod()))?.spec.tolerations).toEqual([{ key: 'a', operator: 'Exists' }])
  await expect(
    run(plugin, 'CREATE', '/pods', pod({ tolerations: [{ key: 'b', operator: 'Exists' }] })),
  ).rejects.toThrow('conflict with its namespace whitelist')
  const hungry = await run(
    podTolerationRestriction(objectsOf(namespace())),
    'CREATE',
    '/pods',
    pod({ containers: [{ resources: { requests: { cpu: '1' } } }] }),
  )
  expect(hungry?.spec.tolerations[0].key).toBe('node.kubernetes.io/memory-pressure')
})

it.each([
  ['nojson', "invalid character 'o' in literal null (expecting 'u')"],
  ['{}', 'json: cannot unmarshal object into Go value of type []v1.Toleration'],
  ['[1]', 'json: cannot unmarshal number into Go value of type v1.Toleration'],
  ['[{"key":1}]', 'json: cannot unmarshal number into Go struct field Toleration.key of type string'],
])('tolerations %s of a namespace are none', async (text, message) => {
  const plugin = podTolerationRestriction(
    objectsOf(namespace({ 'scheduler.alpha.kubernetes.io/defaultTolerations': text })),
  )
  await expect(run(plugin, 'CREATE', '/pods', pod())).rejects.toThrow(message)
})

it('events are limited', () => {
  let now = 0
  const plugin = eventRateLimit([{ type: 'Namespace', qps: 1, burst: 2, cacheSize: 1 }], () => now)
  const event = (ns: string) =>
    plugin.validate!(
      attributesFor(
        'CREATE',
        '/events',
        { kind: 'Event', metadata: { namespace: ns } },
        { kind: { group: '', version: 'v1', kind: 'Event' } },
      ),
    )
  void event('a')
  void event('a')
  const full = 'Too many requests: limit reached on type Namespace for key a'
  expect(() => event('a')).toThrow(full)
  now = 1000
  void event('a')
  expect(() => event('a')).toThrow(full)
  void event('b')
  void event('a')
})

describe('owner references', () => {
  const reference = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', uid: 'u', blockOwnerDeletion: true }
  const mapKind = (group: string, version: string, kind: string) =>
    kind === 'Deployment' ? [{ group, version, resource: 'deployments', namespaced: true }] : []
  const ask = (mayDo: (verb: string, resource: string) => boolean, operation: Operation, ...references: object[]) =>
    run(
      ownerReferencesPermissionEnforcement(
        ({ verb, resource }) => ({ allowed: mayDo(verb, resource), reason: 'no' }),
        mapKind,
      ),
      operation,
      '/pods',
      pod({}, { ownerReferences: references }),
      operation === 'UPDATE' ? { oldObject: pod() } : {},
    )
  it('take permissions', async () => {
    await ask(() => true, 'UPDATE', reference)
    await ask((_, resource) => resource === 'deployments', 'CREATE', reference)
    await ask(() => false, 'CREATE', { ...reference, blockOwnerDeletion: false })
    await expect(ask(() => false, 'UPDATE', reference)).rejects.toThrow(
      "cannot set an ownerRef on a resource you can't delete: no, <nil>",
    )
    await expect(ask((verb) => verb === 'delete', 'UPDATE', reference)).rejects.toThrow(
      "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: no, <nil>",
    )
    await expect(ask(() => false, 'CREATE', { ...reference, kind: 'X' })).rejects.toThrow(
      'cannot find RESTMapping for APIVersion apps/v1 Kind X: no matches for kind "X" in version "apps/v1"',
    )
  })
})

describe('pod groups', () => {
  const group = (more: object) => ({ metadata: { name: 'g', namespace: 'n' }, ...more })
  const resource = 'scheduling.k8s.io/podgroups'
  it('are protected', async () => {
    const found = await run(podGroupProtection(), 'CREATE', resource, group({}))
    expect(found?.metadata.finalizers).toEqual(['scheduling.k8s.io/podgroup-protection'])
  })
  it('are of workloads that exist', async () => {
    const of = (podGroupTemplateName: string, workloadName = 'w') =>
      group({ spec: { podGroupTemplateRef: { workload: { workloadName, podGroupTemplateName } } } })
    const workloads = objectsOf({
      'scheduling.k8s.io/workloads': [
        { metadata: { name: 'w', namespace: 'n' }, spec: { podGroupTemplates: [{ name: 't' }] } },
      ],
    })
    await run(podGroupWorkloadExists(workloads), 'CREATE', resource, of('t'))
    await expect(run(podGroupWorkloadExists(workloads), 'CREATE', resource, of('x'))).rejects.toThrow(
      'PodGroup rejected: PodGroupTemplate "x" not found in Workload "w"',
    )
    await expect(run(podGroupWorkloadExists(workloads), 'CREATE', resource, of('t', 'v'))).rejects.toThrow(
      'Workload "v" not found',
    )
  })
  it('hold their jobs', async () => {
    const owned = { controller: true, uid: 'j', apiVersion: 'batch/v1', kind: 'Job', name: 'j' }
    const groups = objectsOf({
      [resource]: [
        { metadata: { name: 'g', namespace: 'n', ownerReferences: [owned] }, spec: { schedulingPolicy: { gang: {} } } },
      ],
    })
    const job = (parallelism: number) => ({ metadata: { name: 'j', namespace: 'n', uid: 'j' }, spec: { parallelism } })
    await run(jobValidation(groups), 'UPDATE', 'batch/jobs', job(1), { oldObject: job(1) })
    await expect(run(jobValidation(groups), 'UPDATE', 'batch/jobs', job(2), { oldObject: job(1) })).rejects.toThrow(
      'cannot change parallelism for a Job referencing gang-scheduled PodGroup "g"',
    )
  })
})

it('pods are changed as their node can deal with', async () => {
  const node = (...declaredFeatures: string[]) =>
    objectsOf({ '/nodes': [{ metadata: { name: 'n1' }, status: { declaredFeatures } }] })
  const sized = (cpu: string, generation: number, restartPolicy?: string) =>
    pod(
      {
        nodeName: 'n1',
        initContainers: [{ name: 'i', resources: { requests: { cpu } }, ...(restartPolicy ? { restartPolicy } : {}) }],
      },
      { generation },
    )
  const resize = (objects: ReturnType<typeof node>, restartPolicy?: string) =>
    run(nodeDeclaredFeatureValidator(objects), 'UPDATE', '/pods', sized('2', 2, restartPolicy), {
      subresource: 'resize',
      oldObject: sized('1', 1, restartPolicy),
    })
  await resize(node('InPlacePodVerticalScalingInitContainers'))
  await resize(node(), 'Always')
  await expect(resize(node())).rejects.toThrow(
    'pod update requires features InPlacePodVerticalScalingInitContainers which are not available on node "n1"',
  )
})
