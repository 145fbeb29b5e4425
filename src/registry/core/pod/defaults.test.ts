import { describe, expect, test } from 'vitest'
import { defaultPodTemplate, defaultVolume, roundResourceList } from './defaults.js'
import { podWith } from './testing/pods.js'
import type { PodSpec } from './types.js'
import type { Volume } from './volume-types.js'

describe('a pod', () => {
  test('gets what every pod has', () => {
    expect(podWith().spec).toEqual({
      containers: [
        {
          name: 'main',
          image: 'a:1',
          imagePullPolicy: 'IfNotPresent',
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      dnsPolicy: 'ClusterFirst',
      enableServiceLinks: true,
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    })
  })

  const pairs: readonly (readonly [string, PodSpec, PodSpec])[] = [
    ['either service account name is the other', { serviceAccount: 'x' }, { serviceAccountName: 'x' }],
    ['the newer service account name wins', { serviceAccount: 'x', serviceAccountName: 'y' }, { serviceAccount: 'y' }],
    [
      'a negative grace period is one second',
      { terminationGracePeriodSeconds: -5 },
      { terminationGracePeriodSeconds: 1 },
    ],
    ['explicit false stays', { enableServiceLinks: false }, { enableServiceLinks: false }],
  ]
  for (const [what, spec, want] of pairs) test(what, () => expect(podWith(spec).spec).toMatchObject(want))

  test('limits are requests where there are none, in pods only', () => {
    const limited = { resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m' } } }
    expect(podWith({}, limited).spec.containers[0].resources.requests).toEqual({ cpu: '100m', memory: '1Gi' })
    const template = { spec: { containers: [{ name: 'a', resources: { limits: { cpu: '1' } } }] } }
    defaultPodTemplate(template)
    expect(template.spec.containers[0]!.resources).toEqual({ limits: { cpu: '1' } })
  })

  test('host network makes container ports host ports', () => {
    const pod = podWith({ hostNetwork: true }, { ports: [{ containerPort: 80 }, { containerPort: 81, hostPort: 1 }] })
    expect(pod.spec.containers[0].ports).toEqual([
      { containerPort: 80, hostPort: 80, protocol: 'TCP' },
      { containerPort: 81, hostPort: 1, protocol: 'TCP' },
    ])
  })

  test('pod-level requests follow from the containers, then from the limits', () => {
    const spec = { resources: { limits: { cpu: '2', memory: '1Gi' } } }
    const pod = podWith(spec, { resources: { requests: { cpu: '300m' } } })
    expect(pod.spec.resources).toEqual({
      limits: { cpu: '2', memory: '1Gi' },
      requests: { cpu: '300m', memory: '1Gi' },
    })
  })

  test('sidecars count beside the containers, other init containers one at a time', () => {
    const containers = [{ name: 'a', image: 'a', resources: { requests: { cpu: '1' } } }]
    const initContainers = [
      { name: 'side', image: 'a', restartPolicy: 'Always', resources: { requests: { cpu: '500m' } } },
      { name: 'big', image: 'a', resources: { requests: { cpu: '3' } } },
    ]
    const { resources } = podWith({ containers, initContainers, resources: { limits: { cpu: '8' } } }).spec
    expect(resources.requests).toEqual({ cpu: '3500m' })
  })

  test("huge page limits of containers become the pod's", () => {
    const spec = { resources: { limits: { cpu: '1' } } }
    const pod = podWith(spec, { resources: { limits: { 'hugepages-2Mi': '4Mi' } } })
    expect(pod.spec.resources.limits).toEqual({ cpu: '1', 'hugepages-2Mi': '4Mi' })
    expect(pod.spec.resources.requests).toEqual({ cpu: '1', 'hugepages-2Mi': '4Mi' })
  })

  test('a resource named __proto__ is a resource', () => {
    const limits = JSON.parse('{"__proto__": "1"}') as Record<string, string>
    const { requests } = podWith({}, { resources: { limits } }).spec.containers[0].resources
    expect(Object.keys(requests)).toEqual(['__proto__'])
  })

  test('annotations of the time before init containers go', () => {
    const annotations = { 'pod.beta.kubernetes.io/init-containers': '[]', keep: 'x' }
    expect(podWith({}, {}, { annotations }).metadata.annotations).toEqual({ keep: 'x' })
  })

  test('probes, hooks and environment', () => {
    const [container] = podWith(
      {},
      {
        livenessProbe: { httpGet: { port: 80 } },
        readinessProbe: { grpc: { port: 1 } },
        lifecycle: { preStop: { httpGet: { port: 'a' } } },
        env: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      },
    ).spec.containers
    const times = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }
    expect(container).toMatchObject({
      livenessProbe: { httpGet: { path: '/', port: 80, scheme: 'HTTP' }, ...times },
      readinessProbe: { grpc: { port: 1, service: '' }, ...times },
      lifecycle: { preStop: { httpGet: { path: '/', port: 'a', scheme: 'HTTP' } } },
      env: [{ name: 'a', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
    })
  })
})

const volumes: readonly (readonly [string, Volume, Volume])[] = [
  ['without a source is an empty directory', { name: 'a' }, { name: 'a', emptyDir: {} }],
  ['host path', { hostPath: { path: '/x' } }, { hostPath: { path: '/x', type: '' } }],
  ['secret', { secret: {} }, { secret: { defaultMode: 420 } }],
  ['image', { image: { reference: 'x' } }, { image: { reference: 'x', pullPolicy: 'Always' } }],
  [
    'projected token',
    { projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
    { projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }] } },
  ],
  [
    'ephemeral',
    { ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: { storage: '0.1u' } } } } } },
    {
      ephemeral: {
        volumeClaimTemplate: { spec: { volumeMode: 'Filesystem', resources: { requests: { storage: '1m' } } } },
      },
    },
  ],
]
for (const [what, volume, want] of volumes) {
  test(`volume: ${what}`, () => {
    defaultVolume(volume)
    expect(volume).toEqual(want)
  })
}

test('quantities are rounded up to thousandths', () => {
  const list = { a: '1', b: '100m', c: '1.0001', d: '10Gi', e: '1n', f: '1500' }
  roundResourceList(list)
  expect(list).toEqual({ a: '1', b: '100m', c: '1001m', d: '10Gi', e: '1m', f: '1500' })
})
