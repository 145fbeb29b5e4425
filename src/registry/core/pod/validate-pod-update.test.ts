import { describe, expect, test } from 'vitest'
import { copyJson, type KubeObject } from '../../../api/index.js'
import { preparePodForUpdate } from './prepare.js'
import { podOptions } from './ratcheting.js'
import { ephemeralContainersUpdate, resizeUpdate } from './subresource-updates.js'
import { contextWith, findings, podWith } from './testing/pods.js'
import { validatePodUpdate } from './validate-pod.js'

type Change = (pod: KubeObject) => void

const context = contextWith()

function updated(old: KubeObject, change: Change): KubeObject {
  const pod = copyJson(old)
  change(pod)
  return pod
}

const problems = (old: KubeObject, change: Change): string[] =>
  findings((errors) => validatePodUpdate(updated(old, change), old, errors, podOptions(old, context)))

describe('a pod may change', () => {
  const old = podWith({
    activeDeadlineSeconds: 10,
    tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute' }],
  })
  const allowed: readonly (readonly [string, Change])[] = [
    ['nothing', () => {}],
    ['its images', ({ spec }) => (spec.containers[0].image = 'b')],
    ['its deadline, downwards', ({ spec }) => (spec.activeDeadlineSeconds = 9)],
    ['its tolerations, by new ones', ({ spec }) => spec.tolerations.push({ key: 'b', operator: 'Exists' })],
    ['how long it tolerates', ({ spec }) => (spec.tolerations[0].tolerationSeconds = 5)],
    ['empty lists into none', ({ spec }) => (spec.containers[0].env = [])],
    ['how a quantity is written', ({ spec }) => (spec.overhead = undefined)],
  ]
  for (const [what, change] of allowed) test(what, () => expect(problems(old, change)).toEqual([]))
})

describe('a pod may not change', () => {
  const old = podWith({ activeDeadlineSeconds: 10, tolerations: [{ key: 'a', operator: 'Exists' }] })
  const refused: readonly (readonly [string, Change, readonly string[]])[] = [
    [
      'its number of containers',
      ({ spec }) => spec.containers.push({ ...spec.containers[0], name: 'b' }),
      ['spec.containers: Forbidden: pod updates may not add or remove containers'],
    ],
    [
      'its deadline upwards',
      ({ spec }) => (spec.activeDeadlineSeconds = 11),
      ['spec.activeDeadlineSeconds: Invalid value: 11: must be less than or equal to previous value'],
    ],
    [
      'having a deadline',
      ({ spec }) => delete spec.activeDeadlineSeconds,
      ['spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value'],
    ],
    [
      'a toleration',
      ({ spec }) => (spec.tolerations[0].key = 'b'),
      ['spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
    ],
    [
      'its gates but by taking away',
      ({ spec }) => (spec.schedulingGates = [{ name: 'g' }]),
      ["spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'g'"],
    ],
    [
      'anything else',
      ({ spec }) => (spec.subdomain = 'x'),
      [
        'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n@@ -65,7 +65,7 @@\n  },\n  "ImagePullSecrets": null,\n  "Hostname": "",\n- "Subdomain": "",\n+ "Subdomain": "x",\n  "SetHostnameAsFQDN": null,\n  "Affinity": null,\n  "SchedulerName": "default-scheduler",\n',
      ],
    ],
    [
      'mirror annotations',
      (pod) => (pod.metadata.annotations = { 'kubernetes.io/config.mirror': 'x' }),
      [
        'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set',
        'metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not add mirror pod annotation',
        'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set',
      ],
    ],
  ]
  for (const [what, change, want] of refused) test(what, () => expect(problems(old, change)).toEqual(want))
})

describe('a gated pod', () => {
  const gates = { schedulingGates: [{ name: 'g' }] }
  const required = 'requiredDuringSchedulingIgnoredDuringExecution'
  const term = (...values: string[]) => ({ matchExpressions: values.map((key) => ({ key, operator: 'Exists' })) })
  const affinity = { nodeAffinity: { [required]: { nodeSelectorTerms: [term('a')] } } }

  test('may get a node selector, but keeps what it has', () => {
    const old = podWith({ ...gates, nodeSelector: { a: '1' } })
    expect(problems(old, ({ spec }) => (spec.nodeSelector.b = '2'))).toEqual([])
    expect(problems(old, ({ spec }) => (spec.nodeSelector = { b: '2' }))).toEqual([
      'spec.nodeSelector: Invalid value: {"b":"2"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ])
  })

  test('may get node affinity where it has none', () => {
    expect(problems(podWith(gates), ({ spec }) => (spec.affinity = affinity))).toEqual([])
  })

  test('may narrow a term, not take one away', () => {
    const old = podWith({ ...gates, affinity })
    const terms = ({ spec }: KubeObject) => spec.affinity.nodeAffinity[required]
    expect(problems(old, (pod) => (terms(pod).nodeSelectorTerms = [term('a', 'b')]))).toEqual([])
    expect(problems(old, (pod) => terms(pod).nodeSelectorTerms.push(term('b')))[0]).toMatch(
      'no additions/deletions to non-empty NodeSelectorTerms list are allowed',
    )
    expect(problems(old, (pod) => (terms(pod).nodeSelectorTerms = [term('b')]))[0]).toMatch(
      'only additions are allowed (no mutations or deletions)',
    )
  })
})

test('the generation counts changes of the spec that mean something', () => {
  const old = podWith({}, { resources: { limits: { memory: '1Gi' } } }, { generation: 3 })
  const generation = (change: Change): number | undefined => {
    const pod = updated(old, change)
    preparePodForUpdate(pod, old, context)
    return pod.metadata.generation
  }
  expect(generation(() => {})).toBe(3)
  expect(generation(({ spec }) => (spec.containers[0].resources.limits.memory = '1024Mi'))).toBe(3)
  expect(generation(({ spec }) => (spec.containers[0].image = 'b'))).toBe(4)
})

describe('ephemeral containers', () => {
  const old = podWith({ ephemeralContainers: [{ name: 'e', image: 'a' }] })
  const run = (change: Change) => {
    const pod = updated(old, change)
    ephemeralContainersUpdate.prepare(pod, old, context)
    return { pod, problems: findings((errors) => ephemeralContainersUpdate.validate(pod, old, errors, context)) }
  }

  test('nothing else changes', () => {
    const { pod, problems } = run((pod) => {
      pod.spec.nodeName = 'n'
      pod.metadata.labels = { a: 'b' }
      pod.spec.ephemeralContainers.push({ ...pod.spec.ephemeralContainers[0], name: 'f' })
    })
    expect(problems).toEqual([])
    expect(pod.spec.nodeName).toBeUndefined()
    expect(pod.metadata.labels).toBeUndefined()
    expect(pod.spec.ephemeralContainers).toHaveLength(2)
  })

  test('none goes', () => {
    expect(run(({ spec }) => delete spec.ephemeralContainers).problems).toEqual([
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "e" may not be removed\n',
    ])
  })

  test('not in static pods', () => {
    const mirror = podWith({ nodeName: 'n' }, {}, { annotations: { 'kubernetes.io/config.mirror': 'x' } })
    expect(findings((errors) => ephemeralContainersUpdate.validate(mirror, mirror, errors, context))).toEqual([
      '[]: Forbidden: static pods do not support ephemeral containers',
    ])
  })
})

describe('resize', () => {
  const resources = { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '200m', memory: '128Mi' } }
  const old = podWith({}, { resources })
  old.status = { qosClass: 'Burstable' }
  const run = (change: Change, from = old): string[] => {
    const pod = updated(from, change)
    resizeUpdate.prepare(pod, from, context)
    return findings((errors) => resizeUpdate.validate(pod, from, errors, context))
  }
  const own = ({ spec }: KubeObject) => spec.containers[0].resources

  test('changes cpu and memory', () => expect(run((pod) => (own(pod).requests.cpu = '150m'))).toEqual([]))
  test('ignores the rest', () => expect(run(({ spec }) => (spec.containers[0].image = 'other'))).toEqual([]))
  test('keeps the class', () => {
    expect(run((pod) => (own(pod).requests = own(pod).limits))).toEqual([
      'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
    ])
  })
  test('takes no resource away', () => {
    expect(run((pod) => delete own(pod).limits.cpu)).toEqual([
      'spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed',
    ])
  })
  test('changes no other resource', () => {
    expect(run((pod) => (own(pod).requests['ephemeral-storage'] = '1Gi'))).toEqual([
      'spec: Forbidden: only cpu and memory resources are mutable',
    ])
  })
  test('keeps the order of containers', () => {
    expect(run(({ spec }) => (spec.containers[0].name = 'x'))).toContain(
      'spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize',
    )
  })
  test('needs a node that tells resources', () => {
    const running = copyJson(old)
    running.status = { qosClass: 'Burstable', containerStatuses: [{ name: 'main', state: { running: {} } }] }
    expect(run(() => {}, running)).toEqual(['spec: Forbidden: Pod running on node without support for resize'])
  })
})
