import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApiClient, type Loose } from './support/cluster/api-client.js'
import { ControlPlane } from './support/cluster/control-plane.js'

// The controller manager and scheduler of Kubernetes, unchanged, with kubelets that only speak of running pods.
// tools/kubernetes-binaries.mjs builds them; KATS_KUBE_API_SERVER names another API server to hold the test itself against.

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const binaries = process.env['KATS_KUBE_BINARIES'] ?? ''
const present = ['kube-controller-manager', 'kube-scheduler'].every((name) => existsSync(join(binaries, name)))
if (!present) {
  console.warn(
    'test/cluster.test.ts: KATS_KUBE_BINARIES names no folder with kube-controller-manager, they are NOT tested',
  )
}
const kubectl = existsSync(join(binaries, 'kubectl')) ? join(binaries, 'kubectl') : 'kubectl'
const hasKubectl = present && works(kubectl, ['version', '--client'])

describe.skipIf(!present)('controllers of Kubernetes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kats-cluster-'))
  const storage = process.env['KATS_KUBE_API_SERVER']?.split(' ') ?? [
    join(root, 'bin', 'kube-apiserver'),
    `--data-dir=${join(folder, 'data')}`,
    '--unsafe-no-fsync',
  ]
  const plane = new ControlPlane({ folder, apiServer: storage, binaries })
  let admin: ApiClient

  beforeAll(async () => {
    await plane.start()
    admin = plane.client('kubernetes-admin', ['system:masters'])
    await Promise.all(['north', 'south'].map((name) => plane.startKubelet(name)))
  })

  afterAll(async () => {
    admin?.close()
    await plane.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const namespace = async (name: string): Promise<string> => {
    await create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    // Without it pods are refused.
    await until(() => admin.get(`/api/v1/namespaces/${name}/serviceaccounts/default`))
    return `namespaces/${name}`
  }
  const create = (path: string, body: Loose): Promise<Loose> => admin.ask('POST', path, body)
  const names = async (path: string): Promise<string[]> =>
    (await admin.get(path)).items.map((item: Loose) => item.metadata.name).toSorted()
  const gone = (path: string): Promise<unknown> =>
    until(async () => (await admin.ask('GET', path, undefined, [404])).code === 404)
  const merge = (path: string, body: Loose): Promise<Loose> => admin.patch(path, body)
  const tool = async (...args: string[]): Promise<string> =>
    (await run(kubectl, ['--kubeconfig', join(folder, 'admin.kubeconfig'), ...args])).stdout

  describe.concurrent('what they control', () => {
    test('deployments roll out, scale and roll back; their pods become endpoints', async () => {
      const ns = await namespace('rollout')
      const path = `/apis/apps/v1/${ns}/deployments`
      await create(path, deployment('web', 3))
      await create(`/api/v1/${ns}/services`, {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web' },
        spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
      })
      const rolledOut = (replicas: number, generation: number) =>
        until(async () => {
          const { status } = await admin.get(`${path}/web`)
          return (
            status.observedGeneration >= generation &&
            status.replicas === replicas &&
            status.updatedReplicas === replicas &&
            status.availableReplicas === replicas
          )
        })
      await rolledOut(3, 1)
      const slices = `/apis/discovery.k8s.io/v1/${ns}/endpointslices?labelSelector=kubernetes.io/service-name%3Dweb`
      await until(async () => {
        const [slice] = (await admin.get(slices)).items
        return slice?.endpoints?.filter((endpoint: Loose) => endpoint.conditions.ready).length === 3
      })
      const nodes = (await admin.get(`/api/v1/${ns}/pods`)).items.map((pod: Loose) => pod.spec.nodeName)
      expect(new Set(nodes)).toEqual(new Set(['north', 'south']))

      await merge(`${path}/web`, { spec: { template: { spec: { containers: [{ name: 'main', image: 'web:2' }] } } } })
      await rolledOut(3, 2)
      if (hasKubectl) {
        await tool('-n', 'rollout', 'rollout', 'undo', 'deployment/web')
        expect(await tool('-n', 'rollout', 'rollout', 'status', 'deployment/web')).toContain('successfully rolled out')
        expect((await admin.get(`${path}/web`)).spec.template.spec.containers[0].image).toBe('web:1')
      }
      await admin.ask('PATCH', `${path}/web/scale`, { spec: { replicas: 1 } })
      await until(async () => (await admin.get(`${path}/web`)).status.replicas === 1)
      // The controller may not have marked it yet.
      await until(async () => (await names(`/api/v1/${ns}/pods`)).length === 1)
    })

    test('a stateful set gets its claims, bound to volumes of a class without provisioner', async () => {
      const ns = await namespace('stateful')
      await create('/apis/storage.k8s.io/v1/storageclasses', {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'StorageClass',
        metadata: { name: 'local' },
        provisioner: 'kubernetes.io/no-provisioner',
        volumeBindingMode: 'WaitForFirstConsumer',
      })
      for (const name of ['disk-0', 'disk-1']) {
        await create('/api/v1/persistentvolumes', {
          apiVersion: 'v1',
          kind: 'PersistentVolume',
          metadata: { name },
          spec: {
            capacity: { storage: '1Gi' },
            accessModes: ['ReadWriteOnce'],
            storageClassName: 'local',
            persistentVolumeReclaimPolicy: 'Retain',
            hostPath: { path: `/disks/${name}` },
          },
        })
      }
      const { spec, ...meta } = deployment('db', 2)
      await create(`/apis/apps/v1/${ns}/statefulsets`, {
        ...meta,
        kind: 'StatefulSet',
        spec: {
          ...spec,
          serviceName: 'db',
          volumeClaimTemplates: [
            {
              metadata: { name: 'data' },
              spec: {
                storageClassName: 'local',
                accessModes: ['ReadWriteOnce'],
                resources: { requests: { storage: '1Gi' } },
              },
            },
          ],
        },
      })
      await until(async () => (await admin.get(`/apis/apps/v1/${ns}/statefulsets/db`)).status.readyReplicas === 2)
      expect(await names(`/api/v1/${ns}/pods`)).toEqual(['db-0', 'db-1'])
      const claims = (await admin.get(`/api/v1/${ns}/persistentvolumeclaims`)).items
      expect(claims.map((claim: Loose) => [claim.metadata.name, claim.status.phase])).toEqual([
        ['data-db-0', 'Bound'],
        ['data-db-1', 'Bound'],
      ])
      // Protected while a pod uses it, then released.
      await admin.ask('DELETE', `/api/v1/${ns}/persistentvolumeclaims/data-db-1`)
      expect((await admin.get(`/api/v1/${ns}/persistentvolumeclaims/data-db-1`)).metadata.finalizers).toEqual([
        'kubernetes.io/pvc-protection',
      ])
      await admin.ask('PATCH', `/apis/apps/v1/${ns}/statefulsets/db/scale`, { spec: { replicas: 1 } })
      await gone(`/api/v1/${ns}/persistentvolumeclaims/data-db-1`)
      await until(async () =>
        (await admin.get('/api/v1/persistentvolumes')).items.some(
          (volume: Loose) => volume.status.phase === 'Released',
        ),
      )
    })

    test('a daemon set runs on every node', async () => {
      const ns = await namespace('daemons')
      const { spec, ...meta } = deployment('agent', 0)
      const { replicas: _, ...rest } = spec
      await create(`/apis/apps/v1/${ns}/daemonsets`, { ...meta, kind: 'DaemonSet', spec: rest })
      await until(async () => (await admin.get(`/apis/apps/v1/${ns}/daemonsets/agent`)).status.numberReady >= 2)
      const { nodeName, tolerations } = (await admin.get(`/api/v1/${ns}/pods`)).items[0].spec
      expect(['north', 'south']).toContain(nodeName)
      expect(tolerations).toContainEqual(expect.objectContaining({ key: 'node.kubernetes.io/unschedulable' }))
    })

    test('jobs: indexed, failed, cleaned up after their time; cron jobs', async () => {
      const ns = await namespace('jobs')
      const jobs = `/apis/batch/v1/${ns}/jobs`
      const cron = `/apis/batch/v1/${ns}/cronjobs`
      await create(cron, {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name: 'minutely' },
        spec: { schedule: '* * * * *', jobTemplate: { spec: job('any').spec } },
      })
      await create(jobs, job('indexed', { completions: 3, parallelism: 2, completionMode: 'Indexed' }))
      await create(jobs, job('short', { ttlSecondsAfterFinished: 1 }))
      await create(jobs, job('broken', { backoffLimit: 0 }, 'fail'))
      const condition = (name: string, type: string) =>
        until(async () =>
          (await admin.get(`${jobs}/${name}`)).status.conditions?.some((one: Loose) => one.type === type),
        )
      await condition('indexed', 'Complete')
      expect((await admin.get(`${jobs}/indexed`)).status).toMatchObject({ completedIndexes: '0-2', succeeded: 3 })
      await condition('broken', 'Failed')
      await gone(`${jobs}/short`)
      await until(
        async () =>
          (await admin.get(jobs)).items.some(
            ({ metadata, status }: Loose) => metadata.ownerReferences?.[0].kind === 'CronJob' && status.succeeded === 1,
          ),
        75_000,
      )
    })

    test('an autoscaler without metrics says so; budgets hold evictions', async () => {
      const ns = await namespace('budgets')
      await create(`/apis/apps/v1/${ns}/deployments`, deployment('web', 2))
      await create(`/apis/autoscaling/v2/${ns}/horizontalpodautoscalers`, {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'web' },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
          maxReplicas: 4,
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
          ],
        },
      })
      const budget = `/apis/policy/v1/${ns}/poddisruptionbudgets`
      await create(budget, {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'web' },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
      })
      await until(async () => (await admin.get(`${budget}/web`)).status.disruptionsAllowed === 1)
      const evict = async (name: string) =>
        (
          await admin.ask(
            'POST',
            `/api/v1/${ns}/pods/${name}/eviction`,
            { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } },
            [429],
          )
        ).code
      const [one, other] = await names(`/api/v1/${ns}/pods`)
      expect([await evict(one!), await evict(other!)]).toEqual([201, 429])
      await until(async () => (await admin.get(`${budget}/web`)).status.disruptionsAllowed === 1)
      await until(async () =>
        (await admin.get(`/apis/autoscaling/v2/${ns}/horizontalpodautoscalers/web`)).status.conditions?.some(
          (one: Loose) => one.type === 'ScalingActive' && one.reason === 'FailedGetResourceMetric',
        ),
      )
    })

    test('owners and owned go in the background, in the foreground, or are parted', async () => {
      const ns = await namespace('owners')
      await crd('gadgets', 'Gadget')
      const gadgets = `/apis/example.com/v1/${ns}/gadgets`
      const maps = `/api/v1/${ns}/configmaps`
      await until(() => admin.get(gadgets))
      const family = async (name: string): Promise<Loose> => {
        const gadget = { apiVersion: 'example.com/v1', kind: 'Gadget', metadata: { name } }
        const { metadata } = await create(gadgets, gadget)
        const owner = { apiVersion: 'example.com/v1', kind: 'Gadget', name, uid: metadata.uid }
        const ownerReferences = [{ ...owner, controller: true, blockOwnerDeletion: true }]
        await create(maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ownerReferences } })
        await create(gadgets, { ...gadget, metadata: { name: `${name}-child`, ownerReferences } })
      }
      for (const name of ['back', 'fore', 'parted']) await family(name)
      // The collector looks for new kinds every 30 seconds; until then owners of this kind are strangers to it.
      await admin.ask('DELETE', `${gadgets}/back`, { propagationPolicy: 'Background' })
      await gone(`${maps}/back`)
      await until(async () => !(await names(gadgets)).includes('back-child'), 45_000)
      await admin.ask('DELETE', `${gadgets}/fore`, { propagationPolicy: 'Foreground' })
      await gone(`${gadgets}/fore`)
      expect(await admin.ask('GET', `${maps}/fore`, undefined, [404])).toMatchObject({ code: 404 })
      await admin.ask('DELETE', `${gadgets}/parted`, { propagationPolicy: 'Orphan' })
      await gone(`${gadgets}/parted`)
      expect((await admin.get(`${maps}/parted`)).metadata.ownerReferences).toBeUndefined()
      expect((await admin.get(`${gadgets}/parted-child`)).metadata.ownerReferences).toBeUndefined()
      await admin.ask('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.example.com')
      await gone('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.example.com')
    })

    test('a namespace goes with all that is in it, and waits for finalizers', async () => {
      const ns = await namespace('doomed')
      await create(`/apis/apps/v1/${ns}/deployments`, deployment('web', 2))
      const held = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'held', finalizers: ['example.com/hold'] } }
      await create(`/api/v1/${ns}/configmaps`, held)
      await until(async () => (await names(`/api/v1/${ns}/pods`)).length === 2)
      await admin.ask('DELETE', `/api/v1/${ns}`)
      await until(async () =>
        (await admin.get(`/api/v1/${ns}`)).status.conditions?.some(
          (one: Loose) => one.type === 'NamespaceFinalizersRemaining' && one.status === 'True',
        ),
      )
      await merge(`/api/v1/${ns}/configmaps/held`, { metadata: { finalizers: null } })
      await gone(`/api/v1/${ns}`)
      expect(
        (await admin.get('/api/v1/pods')).items.filter((pod: Loose) => pod.metadata.namespace === 'doomed'),
      ).toEqual([])
    })

    test('service accounts: the authority for pods, tokens in secrets', async () => {
      const ns = await namespace('accounts')
      const authority = await until(() => admin.get(`/api/v1/${ns}/configmaps/kube-root-ca.crt`))
      expect(authority.data['ca.crt']).toContain('BEGIN CERTIFICATE')
      await create(`/api/v1/${ns}/secrets`, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'token', annotations: { 'kubernetes.io/service-account.name': 'default' } },
        type: 'kubernetes.io/service-account-token',
      })
      const token = await until(async () => (await admin.get(`/api/v1/${ns}/secrets/token`)).data?.token)
      const review = await create('/apis/authentication.k8s.io/v1/tokenreviews', {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token: Buffer.from(token, 'base64').toString() },
      })
      expect(review.status.user.username).toBe('system:serviceaccount:accounts:default')
    })

    test('bootstrap tokens sign the cluster information and are cleaned up', async () => {
      const token = (id: string, expiration: number) => ({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: `bootstrap-token-${id}` },
        type: 'bootstrap.kubernetes.io/token',
        stringData: {
          'token-id': id,
          'token-secret': '0123456789abcdef',
          'usage-bootstrap-signing': 'true',
          expiration: new Date(Date.now() + expiration).toISOString(),
        },
      })
      const kubeconfig = readFileSync(join(folder, 'admin.kubeconfig'), 'utf8')
      const info = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cluster-info' }, data: { kubeconfig } }
      await create('/api/v1/namespaces/kube-public/configmaps', info)
      await create('/api/v1/namespaces/kube-system/secrets', token('longer', 600_000))
      await create('/api/v1/namespaces/kube-system/secrets', token('expire', 2_000))
      await until(
        async () =>
          (await admin.get('/api/v1/namespaces/kube-public/configmaps/cluster-info')).data['jws-kubeconfig-longer'],
      )
      await gone('/api/v1/namespaces/kube-system/secrets/bootstrap-token-expire')
    })

    test.runIf(works('openssl', ['version']))(
      'a kubelet asks for its certificate, gets it and is known by it',
      async () => {
        await create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRoleBinding',
          metadata: { name: 'self-node-client' },
          roleRef: {
            apiGroup: 'rbac.authorization.k8s.io',
            kind: 'ClusterRole',
            name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
          },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:nodes' }],
        })
        const key = join(folder, 'east.key')
        const subject = '/O=system:nodes/CN=system:node:east'
        const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
        const { stdout } = await run('openssl', ['req', '-new', ...curve, '-keyout', key, '-subj', subject])
        const east = plane.client('system:node:east', ['system:nodes'])
        const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
        await east.ask('POST', requests, {
          apiVersion: 'certificates.k8s.io/v1',
          kind: 'CertificateSigningRequest',
          metadata: { name: 'east' },
          spec: {
            request: Buffer.from(stdout).toString('base64'),
            signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
            usages: ['digital signature', 'client auth'],
            expirationSeconds: 3600,
          },
        })
        const certificate = await until(async () => (await admin.get(`${requests}/east`)).status.certificate)
        east.close()
        const pair = { cert: Buffer.from(certificate, 'base64').toString(), key: readFileSync(key, 'utf8') }
        const signed = new ApiClient(plane.url, readFileSync(join(folder, 'ca.crt'), 'utf8'), pair)
        const self = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
        const review = await signed.ask('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', self)
        signed.close()
        expect(review.status.userInfo).toMatchObject({ username: 'system:node:east' })
        expect(review.status.userInfo.groups).toContain('system:nodes')
      },
    )

    test('a node that falls silent is tainted and its pods are evicted', async () => {
      const ns = await namespace('silent')
      const kubelet = await plane.startKubelet('west')
      const { podCIDR } = await until(async () => {
        const { spec } = await admin.get('/api/v1/nodes/west')
        return spec.podCIDR === undefined ? undefined : spec
      })
      expect(podCIDR).toMatch(/^10\.244\./)
      await create(`/api/v1/${ns}/pods`, {
        ...pod('there'),
        spec: {
          ...pod('there').spec,
          nodeSelector: { 'kubernetes.io/hostname': 'west' },
          terminationGracePeriodSeconds: 0,
          tolerations: ['not-ready', 'unreachable'].map((reason) => ({
            key: `node.kubernetes.io/${reason}`,
            operator: 'Exists',
            effect: 'NoExecute',
            tolerationSeconds: 1,
          })),
        },
      })
      await until(async () => (await admin.get(`/api/v1/${ns}/pods/there`)).status.phase === 'Running')
      await kubelet.stop()
      await until(async () => {
        const { spec, status } = await admin.get('/api/v1/nodes/west')
        const ready = status.conditions.find((one: Loose) => one.type === 'Ready').status
        return (
          ready === 'Unknown' &&
          spec.taints?.some((one: Loose) => one.key === 'node.kubernetes.io/unreachable' && one.effect === 'NoExecute')
        )
      })
      await until(async () => {
        const { metadata, code } = await admin.ask('GET', `/api/v1/${ns}/pods/there`, undefined, [404])
        return code === 404 || metadata.deletionTimestamp !== undefined
      })
      await admin.ask('DELETE', '/api/v1/nodes/west')
    })

    test('cluster roles are aggregated', async () => {
      const rules = [{ apiGroups: ['example.com'], resources: ['lamps'], verbs: ['get'] }]
      await create('/apis/rbac.authorization.k8s.io/v1/clusterroles', {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'lamps', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
        rules,
      })
      await until(async () =>
        (await admin.get('/apis/rbac.authorization.k8s.io/v1/clusterroles/edit')).rules?.some(
          (rule: Loose) => rule.resources?.[0] === 'lamps',
        ),
      )
    })

    test('quotas are counted again when something goes', async () => {
      const ns = await namespace('counted')
      const quotas = `/api/v1/${ns}/resourcequotas`
      const hard = { configmaps: '3', pods: '1' }
      await create(quotas, { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'few' }, spec: { hard } })
      const used = (count: string) =>
        until(async () => (await admin.get(`${quotas}/few`)).status.used?.configmaps === count)
      await used('1') // the authority
      await create(`/api/v1/${ns}/configmaps`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } })
      await used('2')
      await admin.ask('DELETE', `/api/v1/${ns}/configmaps/one`)
      await used('1')
    })

    test('admission policies are type-checked', async () => {
      const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies'
      const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }
      await create(policies, {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: 'mistaken' },
        spec: {
          matchConstraints: { resourceRules: [rule] },
          validations: [{ expression: 'object.spec.replicas > "five"' }],
        },
      })
      const { status } = await until(async () => {
        const policy = await admin.get(`${policies}/mistaken`)
        return policy.status?.typeChecking?.expressionWarnings === undefined ? undefined : policy
      })
      expect(status.typeChecking.expressionWarnings[0].warning).toContain("no matching overload for '_>_'")
    })

    test('a device is allocated to a pod that claims one', async () => {
      const ns = await namespace('devices')
      const group = '/apis/resource.k8s.io/v1'
      const of = (kind: string, name: string, spec: Loose) => ({
        apiVersion: 'resource.k8s.io/v1',
        kind,
        metadata: { name },
        spec,
      })
      const selectors = [{ cel: { expression: 'device.driver == "gpu.example.com"' } }]
      await create(`${group}/deviceclasses`, of('DeviceClass', 'gpu', { selectors }))
      const slice = {
        driver: 'gpu.example.com',
        nodeName: 'north',
        pool: { name: 'north', generation: 1, resourceSliceCount: 1 },
        devices: [{ name: 'gpu-0', attributes: { model: { string: 'fast' } } }],
      }
      await create(`${group}/resourceslices`, of('ResourceSlice', 'north-gpu', slice))
      const devices = { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu' } }] }
      await create(`${group}/${ns}/resourceclaimtemplates`, of('ResourceClaimTemplate', 'gpu', { spec: { devices } }))
      const { spec, ...rest } = pod('training')
      await create(`/api/v1/${ns}/pods`, {
        ...rest,
        spec: {
          ...spec,
          containers: [{ ...spec.containers[0], resources: { claims: [{ name: 'gpu' }] } }],
          resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'gpu' }],
        },
      })
      await until(async () => (await admin.get(`/api/v1/${ns}/pods/training`)).status.phase === 'Running')
      const [claim] = (await admin.get(`${group}/${ns}/resourceclaims`)).items
      expect(claim.status).toMatchObject({
        allocation: { devices: { results: [{ driver: 'gpu.example.com', device: 'gpu-0', pool: 'north' }] } },
        reservedFor: [{ resource: 'pods', name: 'training' }],
      })
    })
  })

  test.runIf(hasKubectl)('kubectl drains a node', async () => {
    const ns = await namespace('drained')
    await create(`/apis/apps/v1/${ns}/deployments`, deployment('web', 4))
    const placed = async (): Promise<Set<string>> =>
      new Set((await admin.get(`/api/v1/${ns}/pods`)).items.map((one: Loose) => one.spec.nodeName))
    await until(async () => (await admin.get(`/apis/apps/v1/${ns}/deployments/web`)).status.availableReplicas === 4)
    await tool('drain', 'south', '--ignore-daemonsets', '--delete-emptydir-data', '--force', '--timeout=30s')
    await until(async () => (await admin.get(`/apis/apps/v1/${ns}/deployments/web`)).status.availableReplicas === 4)
    expect([...(await placed())]).toEqual(['north'])
    await tool('uncordon', 'south')
    expect((await admin.get('/api/v1/nodes/south')).spec.unschedulable).toBeUndefined()
  })

  test('another controller manager takes over when the first is gone', async () => {
    const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager'
    const { holderIdentity } = (await admin.get(lease)).spec
    plane.startControllerManager('controller-manager-2')
    await sleep(1_000)
    expect((await admin.get(lease)).spec.holderIdentity).toBe(holderIdentity)
    await plane.endControllerManager()
    const { spec } = await until(async () => {
      const now = await admin.get(lease)
      return now.spec.holderIdentity === holderIdentity || now.spec.holderIdentity === '' ? undefined : now
    })
    expect(spec.leaseTransitions).toBe(1)
    await namespace('afterwards')
  })

  test('nobody complained of the API server', () => {
    const complaints = ['controller-manager', 'scheduler'].flatMap((name) =>
      readFileSync(join(folder, `${name}.log`), 'utf8')
        .split('\n')
        .filter((line) => /^[EF]\d{4} /.test(line)),
    )
    expect(complaints.filter((line) => !expected.some((text) => line.includes(text)))).toEqual([])
    expect(readFileSync(join(folder, 'apiserver.log'), 'utf8')).not.toMatch(/panic'd|^E.*Unhandled/m)
  })

  async function crd(plural: string, kind: string): Promise<void> {
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
    await create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.example.com` },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural, kind },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    })
  }
})

/** Errors that they log with kube-apiserver as well: theirs, of missing metrics and kinds that went, and of two who write at once. */
const expected = [
  'The manifest file is empty',
  'unable to fetch metrics',
  'unexpected items still remain in namespace',
  'is not as new as written version',
  'the object has been modified',
  // Two workers of theirs give a new node a range each, if it registers and reports at once.
  'failed to patch node CIDR',
  'the server could not find the requested resource',
]

/** Waits for something true; what fails meanwhile is not there yet. */
async function until<T>(look: () => Promise<T>, timeoutMs = 60_000): Promise<T> {
  const end = Date.now() + timeoutMs
  for (;;) {
    const error = await look().then(
      (found) => (found ? { found } : undefined),
      (reason: unknown) => ({ reason }),
    )
    if (error !== undefined && 'found' in error) return error.found
    if (Date.now() > end) throw error?.reason ?? new Error(`not within ${timeoutMs} ms: ${look}`)
    await sleep(100)
  }
}

const pod = (name: string, image = 'web:1'): Loose => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: name } },
  spec: { containers: [{ name: 'main', image }], terminationGracePeriodSeconds: 1 },
})

const deployment = (name: string, replicas: number): Loose => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: pod(name).spec },
  },
})

const job = (name: string, spec: Loose = {}, image = 'once:1'): Loose => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: { ...spec, template: { spec: { ...pod(name, image).spec, restartPolicy: 'Never' } } },
})

function works(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
