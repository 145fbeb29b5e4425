import { describe, expect, test } from 'vitest'
import { decodeObject, FieldErrors, fillDefaults, type KubeObject, kindShape } from '../../api/index.js'
import type { RuleContext } from '../rules.js'
import { horizontalpodautoscalers as rules } from './horizontalpodautoscalers.js'

const shape = kindShape('autoscaling', 'v2', 'HorizontalPodAutoscaler')!
const withGates = (...off: string[]) => ({ enabled: (gate: string) => !off.includes(gate) }) as RuleContext
const usual = withGates('HPAScaleToZero')
const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a' }
const base = { scaleTargetRef: target, maxReplicas: 3 }

function read(spec: object): KubeObject {
  const body = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'x' }, spec }
  const object = decodeObject(body, shape) as KubeObject
  fillDefaults(object, shape)
  rules.defaults?.v2?.(object)
  return object
}

function created(more: object, context = usual): string[] {
  const errors = new FieldErrors()
  const object = read({ ...base, ...more })
  rules.prepareForCreate?.(object, context)
  rules.validate?.(object, errors, context)
  return errors.list.map(({ field, message }) => `${field}: ${message}`)
}

function changed(old: object, more: object, context = usual): string[] {
  const errors = new FieldErrors()
  const object = read({ ...base, ...more })
  const before = read({ ...base, ...old })
  rules.prepareForUpdate?.(object, before, context)
  rules.validateUpdate?.(object, before, errors, context)
  return errors.list.map(({ field, message }) => `${field}: ${message}`)
}

describe('defaults', () => {
  test('one replica at least, by processor', () => {
    expect(read(base).spec).toMatchObject({
      minReplicas: 1,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
    })
  })
  test('behaviour is completed, where there is any', () => {
    expect(read(base).spec.behavior).toBeUndefined()
    expect(read({ ...base, behavior: { scaleDown: { selectPolicy: 'Min' } } }).spec.behavior).toEqual({
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [
          { type: 'Pods', value: 4, periodSeconds: 15 },
          { type: 'Percent', value: 100, periodSeconds: 15 },
        ],
      },
      scaleDown: { selectPolicy: 'Min', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
    })
  })
  test('v1 scales by processor unless it has other metrics', () => {
    const old = (annotations: Record<string, string>): KubeObject => {
      const object = { metadata: { annotations }, spec: {} }
      rules.defaults?.v1?.(object)
      return object
    }
    expect(old({}).spec).toEqual({ minReplicas: 1, targetCPUUtilizationPercentage: 80 })
    expect(old({ 'autoscaling.alpha.kubernetes.io/metrics': '[]' }).spec).toEqual({ minReplicas: 1 })
  })
})

const types = '"ContainerResource", "External", "Object", "Pods", "Resource"'
const cpu = (resource: object) => ({ metrics: [{ type: 'Resource', resource }] })
test.each<[object, string[]]>([
  [{}, []],
  [
    { minReplicas: 0 },
    [
      'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
      'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
    ],
  ],
  [
    { maxReplicas: 0 },
    [
      'spec.maxReplicas: Required value: must be set and greater than 0',
      'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
    ],
  ],
  [
    { scaleTargetRef: { ...target, apiVersion: 'v1' } },
    ['spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group'],
  ],
  [
    { scaleTargetRef: { ...target, apiVersion: 'a/b/c' } },
    ['spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c'],
  ],
  [{ scaleTargetRef: { apiVersion: 'v1', kind: 'ReplicationController', name: 'a' } }, []],
  [
    { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'A/B' } },
    [
      'spec.scaleTargetRef.kind: Invalid value: "A/B": may not contain \'/\'',
      'spec.scaleTargetRef.name: Required value',
    ],
  ],
  [
    { metrics: [{ type: 'Luck' }] },
    [
      `spec.metrics[0].type: Unsupported value: "Luck": supported values: ${types}`,
      `spec.metrics[0].type: Unsupported value: "Luck": supported values: ${types}`,
    ],
  ],
  [
    { metrics: [{ type: 'Pods' }] },
    ['spec.metrics[0].pods: Required value: must populate information for the given metric source'],
  ],
  [
    { metrics: [{ type: 'Pods', resource: { name: 'cpu', target: { type: 'Value', averageValue: '1' } } }] },
    ['spec.metrics[0].pods: Required value: must populate information for the given metric source'],
  ],
  [
    cpu({ name: 'cpu', target: { type: 'Utilization', averageUtilization: 0 } }),
    ['spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0'],
  ],
  [
    cpu({ target: { type: 'Sum', averageValue: '-1', averageUtilization: 1 } }),
    [
      'spec.metrics[0].resource.name: Required value: must specify a resource name',
      'spec.metrics[0].resource.target.type: Invalid value: "Sum": must be either Utilization, Value, or AverageValue',
      'spec.metrics[0].resource.target.averageValue: Invalid value: "-1": must be positive',
      'spec.metrics[0].resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization',
    ],
  ],
  [
    {
      metrics: [
        { type: 'ContainerResource', containerResource: { name: 'luck', container: 'A.', target: { type: 'Value' } } },
      ],
    },
    [
      'spec.metrics[0].containerResource.name: Invalid value: "luck": must be a standard resource type or fully qualified',
      'spec.metrics[0].containerResource.name: Invalid value: "luck": must be a standard resource for containers',
      expect.stringMatching(/^spec.metrics\[0\].containerResource.container: Invalid value: "A."/),
      'spec.metrics[0].containerResource.target.averageUtilization: Required value: must set either a target raw value or a target utilization',
    ],
  ],
  [
    {
      metrics: [
        {
          type: 'External',
          external: { metric: { name: 'm' }, target: { type: 'Value', value: '1', averageValue: '1' } },
        },
      ],
    },
    [
      'spec.metrics[0].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target',
    ],
  ],
  [
    {
      metrics: [
        {
          type: 'Object',
          object: { describedObject: { kind: 'Service', name: 's' }, metric: {}, target: { type: 'Value' } },
        },
      ],
    },
    [
      'spec.metrics[0].object.metric.name: Required value: must specify a metric name',
      'spec.metrics[0].object.target.averageValue: Required value: must set either a target value or averageValue',
    ],
  ],
  [
    {
      behavior: {
        scaleUp: {
          stabilizationWindowSeconds: 3601,
          selectPolicy: 'Any',
          tolerance: '-1',
          policies: [{ type: 'Pods', value: 0, periodSeconds: 1801 }],
        },
      },
    },
    [
      'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
      'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Any": supported values: "Disabled", "Max", "Min"',
      'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
      'spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
      'spec.behavior.scaleUp.tolerance: Invalid value: "-1": must be greater than or equal to 0',
    ],
  ],
  [
    { behavior: { scaleDown: { policies: [] } } },
    ['spec.behavior.scaleDown.policies: Required value: must specify at least one Policy'],
  ],
])('%j', (more, found) => {
  expect(created(more)).toEqual(found)
})

test('several sources: the first is judged, those of other types are refused', () => {
  const metric = {
    type: 'Resource',
    pods: { metric: { name: 'm' }, target: { type: 'Value', averageValue: '1' } },
    resource: {},
  }
  expect(created({ metrics: [metric] })).toEqual([
    'spec.metrics[0].pods: Forbidden: must populate the given metric source only',
  ])
})

test('what was stored before stays valid', () => {
  const zero = {
    minReplicas: 0,
    metrics: [{ type: 'External', external: { metric: { name: 'm' }, target: { type: 'Value', value: '1' } } }],
  }
  expect(changed(zero, zero)).toEqual([])
  expect(changed({}, zero)).toEqual(['spec.minReplicas: Invalid value: 0: must be greater than or equal to 1'])
  const odd = { scaleTargetRef: { ...target, apiVersion: 'v1' } }
  expect(changed(odd, odd)).toEqual([])
  expect(changed({}, odd)).toHaveLength(1)
})

test('tolerance needs its gate', () => {
  const tolerant = read({ ...base, behavior: { scaleUp: { tolerance: '0.1' } } })
  const kept = read({ ...base, behavior: { scaleUp: { tolerance: '0.1' } } })
  rules.prepareForUpdate?.(kept, tolerant, withGates('HPAConfigurableTolerance'))
  rules.prepareForCreate?.(tolerant, withGates('HPAConfigurableTolerance'))
  expect(tolerant.spec.behavior.scaleUp.tolerance).toBeUndefined()
  expect(kept.spec.behavior.scaleUp.tolerance).toBe('100m')
})
