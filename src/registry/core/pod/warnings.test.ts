import { describe, expect, test } from 'vitest'
import { preparePodForCreate } from './prepare.js'
import { contextWith, podWith } from './testing/pods.js'
import type { Container, PodSpec } from './types.js'
import { podTemplateWarnings, podWarnings } from './warnings.js'

describe('pods', () => {
  const cases: readonly (readonly [string, PodSpec, Container, readonly string[]])[] = [
    ['nothing', {}, {}, []],
    [
      'old node labels',
      { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } },
      {},
      ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
    ],
    [
      'null selectors',
      { topologySpreadConstraints: [{ topologyKey: 'a' }] },
      {},
      ['spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod'],
    ],
    [
      'volumes of the past',
      {
        volumes: [
          { name: 'v', rbd: {} },
          { name: 'w', gitRepo: {} },
        ],
      },
      {},
      [
        'spec.volumes[0].rbd: deprecated in v1.28, non-functional in v1.31+',
        'spec.volumes[1].gitRepo: deprecated in v1.11, and disabled by default in v1.33+',
      ],
    ],
    [
      'overlapping files',
      {
        volumes: [
          {
            name: 'v',
            configMap: {
              name: 'c',
              items: [
                { key: 'a', path: 'x' },
                { key: 'b', path: 'x/y' },
              ],
            },
          },
        ],
      },
      {},
      ['volume "v" (ConfigMap "c"): overlapping paths: "x/y" with "x"'],
    ],
    [
      'overlapping projections',
      {
        volumes: [
          {
            name: 'v',
            projected: {
              sources: [
                { secret: { name: 's', items: [{ key: 'a', path: 'x' }] } },
                {},
                { serviceAccountToken: { path: 'x' } },
              ],
            },
          },
        ],
      },
      {},
      [
        'volume "v" (Projected) has no sources provided',
        'volume "v" (Projected): overlapping paths: "x" (ServiceAccountToken) with "x" (Secret "s")',
      ],
    ],
    [
      'secrets twice and empty',
      { imagePullSecrets: [{ name: 'a' }, { name: 'a' }, {}] },
      {},
      ['spec.imagePullSecrets[1].name: duplicate name "a"', 'spec.imagePullSecrets[2].name: invalid empty name ""'],
    ],
    [
      'fractions of bytes',
      {},
      { resources: { limits: { memory: '1500m' } } },
      [
        'spec.containers[0].resources.limits[memory]: fractional byte value "1500m" is invalid, must be an integer',
        'spec.containers[0].resources.requests[memory]: fractional byte value "1500m" is invalid, must be an integer',
      ],
    ],
    [
      'hidden variables',
      {},
      {
        env: [
          { name: 'a', value: '1' },
          { name: 'a', value: '2' },
          { name: 'a', value: 'x$(a)' },
        ],
      },
      ['spec.containers[0].env[1]: hides previous definition of "a", which may be dropped when using apply'],
    ],
    [
      'ports',
      {},
      {
        ports: [
          { containerPort: 1, name: 'p' },
          { containerPort: 1, name: 'p' },
          { containerPort: 1, hostPort: 5, hostIP: '1.1.1.1' },
          { containerPort: 2, hostIP: '1.1.1.1' },
        ],
      },
      [
        'spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]',
        'spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[0]',
        'spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[1]',
        'spec.containers[0].ports[3]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:2 Protocol:TCP HostIP:1.1.1.1}',
        'spec.containers[0].ports[1]: duplicate port name "p" with spec.containers[0].ports[0], services and probes that select ports by name will use spec.containers[0].ports[0]',
      ],
    ],
    [
      'odd addresses',
      { hostAliases: [{ ip: '::ffff:1.2.3.4' }] },
      {},
      ['spec.hostAliases[0].ip: non-standard IP address "::ffff:1.2.3.4" is invalid: use "1.2.3.4"'],
    ],
  ]
  for (const [what, spec, container, want] of cases) {
    test(what, () => expect(podWarnings(podWith(spec, container))).toEqual(want))
  }

  test('names that are no host names', () => {
    expect(podWarnings(podWith({}, {}, { name: 'a.b' }))).toEqual([
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
    ])
  })
})

test('templates tell their own path', () => {
  const metadata = { annotations: { 'container.apparmor.security.beta.kubernetes.io/a': 'unconfined' } }
  const spec = { containers: [{ name: 'a' }], terminationGracePeriodSeconds: -1 }
  expect(podTemplateWarnings('spec.template', { metadata, spec })).toEqual([
    'spec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/a]: deprecated since v1.30; use the "appArmorProfile" field instead',
    'spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1',
  ])
})

describe('a new pod', () => {
  test('has AppArmor annotations turned into fields', () => {
    const name = 'container.apparmor.security.beta.kubernetes.io/main'
    const pod = podWith({}, {}, { annotations: { [name]: 'localhost/x' } })
    const told: string[] = []
    preparePodForCreate(pod, contextWith({ warn: (text) => told.push(text) }))
    expect(pod.spec.containers[0].securityContext).toEqual({
      appArmorProfile: { type: 'Localhost', localhostProfile: 'x' },
    })
    expect(told).toEqual([
      `metadata.annotations[${name}]: deprecated since v1.30; use the "appArmorProfile" field instead`,
    ])
  })

  test('has its labels merged into selectors, and waits for its gates', () => {
    const constraint = { maxSkew: 1, topologyKey: 'z', labelSelector: {}, matchLabelKeys: ['v', 'none'] }
    const spec = { schedulingGates: [{ name: 'g' }], topologySpreadConstraints: [constraint] }
    const pod = podWith(spec, {}, { labels: { v: '1' } })
    preparePodForCreate(pod, contextWith())
    expect(pod.spec.topologySpreadConstraints[0].labelSelector).toEqual({
      matchExpressions: [{ key: 'v', operator: 'In', values: ['1'] }],
    })
    expect(pod.status).toMatchObject({ phase: 'Pending', qosClass: 'BestEffort' })
    expect(pod.status.conditions[0]).toMatchObject({ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' })
  })

  test('loses what switched-off gates do not know', () => {
    const spec = { schedulingGroup: { podGroupName: 'x' }, hostnameOverride: 'h' }
    const pod = podWith(spec, { lifecycle: { stopSignal: 'SIGTERM' } })
    preparePodForCreate(pod, contextWith({ off: ['HostnameOverride'] }))
    expect(pod.spec).not.toHaveProperty('schedulingGroup')
    expect(pod.spec).not.toHaveProperty('hostnameOverride')
    expect(pod.spec.containers[0]).not.toHaveProperty('lifecycle')
  })
})
