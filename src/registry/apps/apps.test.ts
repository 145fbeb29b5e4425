import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../api/index.js'
import { judge } from '../core/testing.js'
import { controllerrevisions } from './controllerrevisions.js'
import { daemonsets } from './daemonsets.js'
import { deployments } from './deployments.js'
import { replicasets } from './replicasets.js'
import { statefulsets } from './statefulsets.js'

const selector = { matchLabels: { a: 'b' } }
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
const spec = (more: object = {}) => ({ spec: { selector, template, ...more } })
const off = ['MaxUnavailableStatefulSet']

describe('Deployments', () => {
  const { read, created, changed, statusChanged, warnings } = judge(deployments, 'Deployment', 'apps')

  test('defaults', () => {
    expect(read(spec()).spec).toMatchObject({
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: { spec: { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' } },
    })
    expect(read(spec({ strategy: { type: 'Recreate' } })).spec.strategy).toEqual({ type: 'Recreate' })
    expect(read({}).spec.template.spec.restartPolicy).toBe('Always')
  })

  const required = 'spec.selector: Required value'
  test.each<[object, string[]]>([
    [{}, []],
    [{ replicas: -1 }, ['spec.replicas: Invalid value: -1: must be greater than or equal to 0']],
    [
      { selector: null },
      [
        required,
        'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`',
      ],
    ],
    [{ selector: {} }, ['spec.selector: Invalid value: {}: empty selector is invalid for deployment']],
    [
      { selector: { matchExpressions: [{ key: 'a', operator: 'Is', values: ['b'] }] } },
      [
        'spec.selector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator',
        'spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"Is","values":["b"]}]}: invalid label selector',
      ],
    ],
    [
      { strategy: { type: 'Recreate', rollingUpdate: {} } },
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      { strategy: { type: 'Slow', rollingUpdate: { maxSurge: 1 } } },
      [
        'spec.strategy: Unsupported value: {"Type":"Slow","RollingUpdate":{"MaxUnavailable":0,"MaxSurge":1}}: ' +
          'supported values: "Recreate", "RollingUpdate"',
      ],
    ],
    [
      { strategy: { rollingUpdate: { maxSurge: '0%', maxUnavailable: 0 } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0'],
    ],
    [
      { strategy: { rollingUpdate: { maxUnavailable: '101%' } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
    ],
    [
      { minReadySeconds: 20, progressDeadlineSeconds: 20, revisionHistoryLimit: -2 },
      [
        'spec.revisionHistoryLimit: Invalid value: -2: must be greater than or equal to 0',
        'spec.progressDeadlineSeconds: Invalid value: 20: must be greater than minReadySeconds',
      ],
    ],
  ])('%j', (more, found) => {
    expect(created(spec(more))).toEqual(found)
  })

  test('the selector stays', () => {
    const other = { selector: { matchLabels: { a: 'b', c: 'd' } } }
    expect(changed(spec(), spec({ replicas: 3 }))).toEqual([])
    expect(changed(spec(), spec(other))).toContain(
      'spec.selector: Invalid value: {"matchLabels":{"a":"b","c":"d"}}: field is immutable',
    )
  })

  test('annotations are a change', () => {
    const old = read({ ...spec(), metadata: { name: 'x', generation: 4, annotations: { a: '1' } } })
    const object = read({ ...spec(), metadata: { name: 'x', generation: 4 } })
    deployments.prepareForUpdate?.(object, old, { enabled: () => true } as never)
    expect(object.metadata.generation).toBe(5)
  })

  test('the rollback annotation is a number', () => {
    const annotated = (text: string): KubeObject =>
      read({ ...spec(), metadata: { name: 'x', annotations: { 'deprecated.deployment.rollback.to': text } } })
    expect(annotated('+07').metadata.annotations).toEqual({ 'deprecated.deployment.rollback.to': '7' })
    expect(annotated('').metadata.annotations).toBeUndefined()
    expect(() => annotated('x')).toThrow(/strconv.ParseInt: parsing "x": invalid syntax/)
    expect(() => annotated('9223372036854775808')).toThrow(/"9223372036854775808": value out of range/)
  })

  test('status', () => {
    expect(statusChanged({ ...spec(), status: { collisionCount: 2 } }, { status: { replicas: 1 } })).toEqual([
      'status.collisionCount: Invalid value: 0: cannot be decremented',
    ])
    expect(statusChanged(spec(), { status: { replicas: 1, readyReplicas: 2, availableReplicas: 3 } })).toEqual([
      'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas',
    ])
  })

  test('a name that is no label is warned about', () => {
    expect(warnings(spec())).toEqual([])
    expect(warnings({ ...spec(), metadata: { name: 'a.b' } })).toEqual([
      'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; ' +
        'a DNS label is recommended: [must not contain dots]',
    ])
  })

  test('the scale has the selector as text', () => {
    expect(deployments.scale?.selector(read(spec()))).toBe('a=b')
    expect(deployments.scale?.selector({ metadata: {} })).toBe('')
  })
})

describe('ReplicaSets', () => {
  const { read, created, statusChanged } = judge(replicasets, 'ReplicaSet', 'apps')
  test('defaults and rules', () => {
    expect(read(spec()).spec.replicas).toBe(1)
    expect(created(spec())).toEqual([])
    expect(created(spec({ selector: {}, minReadySeconds: -1 }))).toEqual([
      'spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0',
      'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
    ])
    expect(statusChanged(spec(), { status: { fullyLabeledReplicas: 1, observedGeneration: -1 } })).toEqual([
      'status.observedGeneration: Invalid value: -1: must be greater than or equal to 0',
      'status.fullyLabeledReplicas: Invalid value: 1: cannot be greater than status.replicas',
    ])
  })
})

describe('DaemonSets', () => {
  const { read, created, changed } = judge(daemonsets, 'DaemonSet', 'apps')
  const generation = 'deprecated.daemonset.template.generation'
  const context = { enabled: () => true } as never

  test.each<[object, string[]]>([
    [{}, []],
    [
      { selector: null },
      ['spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`'],
    ],
    [{ selector: {} }, ['spec.selector: Invalid value: {}: empty selector is invalid for daemonset']],
    [
      { updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } },
      ['spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero'],
    ],
    [
      { updateStrategy: { rollingUpdate: { maxUnavailable: '0%' } } },
      ['spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0'],
    ],
    [{ updateStrategy: { rollingUpdate: { maxSurge: '10%', maxUnavailable: 0 } } }, []],
    [{ updateStrategy: { type: 'OnDelete' } }, []],
    [
      { updateStrategy: { type: 'Never' } },
      [
        'spec.updateStrategy: Unsupported value: {"Type":"Never","RollingUpdate":null}: ' +
          'supported values: "RollingUpdate", "OnDelete"',
      ],
    ],
  ])('%j', (more, found) => {
    expect(created(spec(more))).toEqual(found)
  })

  test("the template's generation counts its changes and is nobody else's to set", () => {
    const old = read(spec())
    daemonsets.prepareForCreate?.(old, context)
    expect(old.metadata.annotations).toEqual({ [generation]: '1' })
    const scaled = read({
      ...spec({ minReadySeconds: 1 }),
      metadata: { name: 'x', annotations: { [generation]: '9' } },
    })
    daemonsets.prepareForUpdate?.(scaled, old, context)
    expect(scaled.metadata.annotations).toEqual({ [generation]: '1' })
    const other = read(spec({ template: { ...template, spec: { containers: [{ name: 'c', image: 'j' }] } } }))
    daemonsets.prepareForUpdate?.(other, old, context)
    expect(other.metadata.annotations).toEqual({ [generation]: '2' })
    expect(() => read({ metadata: { name: 'x', annotations: { [generation]: 'x' } } })).toThrow(/strconv.ParseInt/)
  })

  test('the selector stays, and its old odd values do', () => {
    const odd = (value: string) =>
      spec({ selector: { matchExpressions: [{ key: 'a', operator: 'In', values: [value] }] } })
    expect(changed(odd('b!'), odd('b!'))).toEqual([])
    expect(changed(odd('b'), odd('b!'))).toHaveLength(2)
  })
})

describe('StatefulSets', () => {
  const { read, created, changed, warnings, statusChanged } = judge(statefulsets, 'StatefulSet', 'apps', off)
  const claim = (storage: string) => ({
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
  })

  test('defaults', () => {
    expect(read(spec({ volumeClaimTemplates: [claim('1Gi')] })).spec).toMatchObject({
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      replicas: 1,
      revisionHistoryLimit: 10,
      volumeClaimTemplates: [
        {
          kind: 'PersistentVolumeClaim',
          apiVersion: 'v1',
          spec: { volumeMode: 'Filesystem' },
          status: { phase: 'Pending' },
        },
      ],
    })
    const kept = read(spec({ updateStrategy: { type: 'RollingUpdate' } }))
    expect(kept.spec.updateStrategy).toEqual({ type: 'RollingUpdate' })
  })

  test.each<[object, string[]]>([
    [{ volumeClaimTemplates: [claim('1Gi')] }, []],
    [
      { podManagementPolicy: 'Random' },
      ["spec.podManagementPolicy: Invalid value: \"Random\": must be 'OrderedReady' or 'Parallel'"],
    ],
    [
      { updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
      [
        'spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":1,"MaxUnavailable":null}: ' +
          "only allowed for updateStrategy 'RollingUpdate'",
      ],
    ],
    [
      { persistentVolumeClaimRetentionPolicy: { whenScaled: 'Keep' } },
      [
        'spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: "Keep": ' +
          'supported values: "Retain", "Delete"',
      ],
    ],
    [{ ordinals: { start: -1 } }, ['spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0']],
    [{ serviceName: 'a.b' }, ['spec.serviceName: Invalid value: "a.b": must not contain dots']],
    [
      { volumeClaimTemplates: [claim('0')] },
      ['spec.volumeClaimTemplates[0].spec.resources[storage]: Invalid value: "0": must be greater than zero'],
    ],
  ])('%j', (more, found) => {
    expect(created(spec(more))).toEqual(found)
  })

  test('claims are volumes of the template', () => {
    const mounted = { containers: [{ name: 'c', image: 'i', volumeMounts: [{ name: 'data', mountPath: '/d' }] }] }
    const body = { template: { ...template, spec: mounted } }
    expect(created(spec({ ...body, volumeClaimTemplates: [claim('1Gi')] }))).toEqual([])
    expect(created(spec(body))).toEqual(['spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"'])
  })

  test('little may change', () => {
    expect(changed(spec(), spec({ replicas: 3, minReadySeconds: 1, ordinals: { start: 1 } }))).toEqual([])
    const claims = (size: string) => spec({ volumeClaimTemplates: [claim(size)] })
    expect(changed(claims('1Gi'), claims('1073741824'))).toEqual([])
    expect(changed(claims('1Gi'), claims('2Gi'))).toHaveLength(1)
    expect(changed(spec(), spec({ serviceName: 'other' }))).toEqual([
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', " +
        "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ])
  })

  test('a template that was wrong before may stay wrong', () => {
    const wrong = spec({ template: { ...template, spec: { containers: [{ name: 'C', image: 'i' }] } } })
    expect(created(wrong)).toHaveLength(1)
    expect(changed(wrong, wrong)).toEqual([])
    expect(changed(spec(), wrong)).toHaveLength(1)
  })

  test('the number that may be unavailable needs its gate', () => {
    const body = spec({ updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } })
    const prepared = (gate: boolean, sent: object) => {
      const object = read(sent)
      statefulsets.defaults!.v1!(object, () => gate)
      statefulsets.prepareForCreate?.(object, { enabled: () => gate } as never)
      return object.spec.updateStrategy.rollingUpdate.maxUnavailable
    }
    expect([prepared(false, body), prepared(true, body), prepared(true, spec())]).toEqual([undefined, 2, 1])
  })

  test('warnings', () => {
    expect(warnings(spec({ revisionHistoryLimit: -1, volumeClaimTemplates: [claim('1500m')] }))).toEqual([
      'spec.volumeClaimTemplates[0].resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer',
      'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
    ])
  })

  test('status', () => {
    expect(statusChanged(spec(), { status: { replicas: 1, availableReplicas: 1 } })).toEqual([
      'status.availableReplicas: Invalid value: 1: cannot be greater than status.readyReplicas',
    ])
  })
})

describe('ControllerRevisions', () => {
  const { created, changed } = judge(controllerrevisions, 'ControllerRevision', 'apps')
  test.each<[object, string[]]>([
    [{ data: { any: 1 } }, []],
    [{ data: { any: 1 }, revision: -1 }, ['revision: Invalid value: -1: must be greater than or equal to 0']],
    [{}, ['data: Required value: data is mandatory']],
    [{ data: null }, ['data: Required value: data is mandatory']],
    [{ data: [1] }, ['data: Required value: data must be a valid JSON object']],
    [{ data: 'x' }, ['data: Required value: data must be a valid JSON object']],
  ])('%j', (body, found) => {
    expect(created(body)).toEqual(found)
  })
  test('data stay', () => {
    expect(changed({ data: { a: 1 } }, { data: { a: 1 }, revision: 2 })).toEqual([])
    expect(changed({ data: { a: 1 } }, { data: { a: 2 } })).toEqual([
      'data: Invalid value: {"a":2}: field is immutable',
    ])
    expect(changed({ data: { a: 1, b: 2 } }, { data: { b: 2, a: 1 } })).toEqual([
      'data: Invalid value: {"b":2,"a":1}: field is immutable',
    ])
    expect(changed({ data: {} }, { data: null })).toEqual(['data: Invalid value: null: field is immutable'])
    expect(changed({ data: {} }, { data: [] })).toEqual(['data: Invalid value: []: field is immutable'])
  })
})
