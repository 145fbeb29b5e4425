import { describe, expect, test } from 'vitest'
import { copyJson, fillDefaults, type KubeObject, kindShape } from '../../api/index.js'
import { contextWith, findings } from './pod/testing/pods.js'
import { podtemplates } from './podtemplates.js'
import { replicationcontrollers as rules } from './replicationcontrollers.js'

const context = contextWith()
const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } }

function controller(spec: object, metadata: object = {}): KubeObject {
  const object: KubeObject = { metadata: { name: 'r', namespace: 'ns', ...metadata }, spec: copyJson(spec) }
  fillDefaults(object, kindShape('', 'v1', 'ReplicationController')!)
  rules.defaults!.v1!(object)
  return object
}

test('the template gives selector and labels', () => {
  const made = controller({ template })
  expect(made.spec.selector).toEqual({ app: 'a' })
  expect(made.metadata.labels).toEqual({ app: 'a' })
  expect(made.spec.replicas).toBe(1)
  expect(controller({ template }, { labels: { own: 'x' } }).metadata.labels).toEqual({ own: 'x' })
})

test('a status that comes without labels leaves those of the template', () => {
  const made = controller({ template })
  const sent = { ...copyJson(made), metadata: { name: 'r' } }
  rules.prepareForStatusUpdate!(sent, made, context)
  expect(sent.metadata).toEqual({ name: 'r', labels: { app: 'a' } })
})

describe('validation', () => {
  const cases: readonly (readonly [string, object, readonly string[]])[] = [
    ['fine', { template }, []],
    ['nothing', {}, ['spec.selector: Required value', 'spec.template: Required value']],
    [
      'negative numbers',
      { template, replicas: -1, minReadySeconds: -2 },
      [
        'spec.minReadySeconds: Invalid value: -2: must be greater than or equal to 0',
        'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      ],
    ],
    [
      'another selector',
      { template, selector: { app: 'b' } },
      ['spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`'],
    ],
    [
      'pods that end',
      { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never', activeDeadlineSeconds: 5 } } },
      [
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicationController is not Supported',
      ],
    ],
  ]
  for (const [what, spec, want] of cases) {
    test(what, () => expect(findings((errors) => rules.validate!(controller(spec), errors, context))).toEqual(want))
  }

  test('status', () => {
    const object = { ...controller({ template }), status: { replicas: 1, readyReplicas: 2, availableReplicas: 3 } }
    expect(findings((errors) => rules.validateStatusUpdate!(object, object, errors, context))).toEqual([
      'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas',
    ])
  })

  test('selectors that another version could not hold stay', () => {
    const annotations = {
      'non-convertible.kubernetes.io/spec.selector': 'x',
      'non-convertible.kubernetes.io/other': 'y',
    }
    const old = controller({ template, selector: { app: 'a' } }, { annotations })
    const now = controller({ template, selector: { app: 'a', b: 'c' } }, { annotations })
    now.spec.template.metadata.labels.b = 'c'
    expect(findings((errors) => rules.validateUpdate!(now, old, errors, context))).toEqual([
      'spec.selector: Invalid value: {"app":"a","b":"c"}: cannot update non-convertible selector',
      'other: Not found: "y": unknown non-convertible field',
    ])
  })
})

test('the generation counts changes of the spec', () => {
  const old = controller({ template }, { generation: 2 })
  const same = copyJson(old)
  rules.prepareForUpdate!(same, old, context)
  expect(same.metadata.generation).toBe(2)
  const more = copyJson(old)
  more.spec.replicas = 5
  rules.prepareForUpdate!(more, old, context)
  expect(more.metadata.generation).toBe(3)
})

test('warnings of an update are those of the old template', () => {
  const old = controller({ template }, { generation: 1 })
  old.spec.template.spec.nodeSelector = { 'beta.kubernetes.io/os': 'linux' }
  const now = controller({ template }, { generation: 2 })
  expect(rules.warnings!(now, old, context)).toEqual([
    'spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
  ])
  expect(rules.warnings!(old, old, context)).toEqual([])
})

test('pod templates are defaulted and validated as a whole', () => {
  const object: KubeObject = { metadata: { name: 't' } }
  podtemplates.defaults!.v1!(object)
  expect(object.template.spec).toMatchObject({ restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' })
  expect(findings((errors) => podtemplates.validate!(object, errors, context))).toEqual([
    'template.spec.containers: Required value',
  ])
})
