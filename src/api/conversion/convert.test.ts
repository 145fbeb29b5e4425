import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { copyJson, type KubeObject } from '../object.js'
import { convertBuiltin } from './convert.js'

const hpaKind = 'HorizontalPodAutoscaler'
const v2 = (spec: Record<string, unknown>, rest: Record<string, unknown> = {}): KubeObject => ({
  kind: hpaKind,
  apiVersion: 'autoscaling/v2',
  metadata: { name: 'a' },
  spec: { scaleTargetRef: { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' }, maxReplicas: 9, ...spec },
  status: { currentReplicas: 0, desiredReplicas: 0, currentMetrics: null },
  ...rest,
})
const toV1 = (object: KubeObject) => convertBuiltin(copyJson(object), hpaKind, 'autoscaling/v1')
const toV2 = (object: KubeObject) => convertBuiltin(copyJson(object), hpaKind, 'autoscaling/v2')
const cpu = (averageUtilization: number) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})

describe('HorizontalPodAutoscaler', () => {
  test('v1 carries what it does not know in annotations', () => {
    const object = toV1(
      v2({
        minReplicas: 2,
        metrics: [
          cpu(60),
          {
            type: 'Pods',
            pods: {
              metric: { name: 'rps', selector: { matchLabels: { a: 'b' } } },
              target: { type: 'AverageValue', averageValue: '10' },
            },
          },
          {
            type: 'ContainerResource',
            containerResource: {
              name: 'memory',
              target: { type: 'AverageValue', averageValue: '1Gi' },
              container: 'main',
            },
          },
        ],
        behavior: {
          scaleUp: {
            stabilizationWindowSeconds: 10,
            selectPolicy: 'Min',
            policies: [{ type: 'Pods', value: 2, periodSeconds: 30 }],
          },
        },
      }),
    )
    expect(object.spec).toEqual({
      scaleTargetRef: { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' },
      minReplicas: 2,
      maxReplicas: 9,
      targetCPUUtilizationPercentage: 60,
    })
    expect(object.metadata.annotations).toEqual({
      'autoscaling.alpha.kubernetes.io/behavior':
        '{"ScaleUp":{"StabilizationWindowSeconds":10,"SelectPolicy":"Min","Policies":[{"Type":"Pods","Value":2,"PeriodSeconds":30}],"Tolerance":null},"ScaleDown":null}',
      'autoscaling.alpha.kubernetes.io/metrics':
        '[{"type":"Pods","pods":{"metricName":"rps","targetAverageValue":"10","selector":{"matchLabels":{"a":"b"}}}},{"type":"ContainerResource","containerResource":{"name":"memory","targetAverageValue":"1Gi","container":"main"}}]',
    })
  })

  test('the zero time of the last scaling is null in both', () => {
    const object = v2(
      {},
      { status: { lastScaleTime: null, currentReplicas: 0, desiredReplicas: 0, currentMetrics: null } },
    )
    expect(JSON.stringify(toV1(object).status)).toBe('{"lastScaleTime":null,"currentReplicas":0,"desiredReplicas":0}')
  })

  test('a metric status goes into an annotation and, for CPU, into the field', () => {
    const object = toV1(
      v2(
        { metrics: [cpu(50)] },
        {
          status: {
            currentReplicas: 2,
            desiredReplicas: 3,
            currentMetrics: [
              { type: 'Resource', resource: { name: 'cpu', current: { averageValue: '0', averageUtilization: 33 } } },
            ],
          },
        },
      ),
    )
    expect(object.status).toEqual({ currentReplicas: 2, desiredReplicas: 3, currentCPUUtilizationPercentage: 33 })
    expect(object.metadata.annotations).toEqual({
      'autoscaling.alpha.kubernetes.io/current-metrics':
        '[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":33,"currentAverageValue":"0"}}]',
    })
  })

  const v1 = (spec: Record<string, unknown>, metrics?: string): KubeObject => ({
    kind: hpaKind,
    apiVersion: 'autoscaling/v1',
    metadata: metrics === undefined ? {} : { annotations: { 'autoscaling.alpha.kubernetes.io/metrics': metrics } },
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 9, ...spec },
  })
  const queue = {
    type: 'External',
    external: { metric: { name: 'queue' }, target: { type: 'Value', value: '3' } },
  }
  const queueText = '[{"type":"External","external":{"metricName":"queue","targetValue":"3"}}]'
  const cases: readonly (readonly [string, KubeObject, unknown])[] = [
    ['nothing asked for', v1({}), [cpu(80)]],
    ['CPU', v1({ targetCPUUtilizationPercentage: 70 }), [cpu(70)]],
    ['an annotation', v1({}, queueText), [queue]],
    ['both', v1({ targetCPUUtilizationPercentage: 70 }, queueText), [queue, cpu(70)]],
    ['an annotation that is no JSON', v1({}, '[{'), [cpu(80)]],
    ['an annotation of another type', v1({}, '[{"type":5}]'), [cpu(80)]],
    ['an annotation that is no list', v1({}, '{"a":1}'), [cpu(80)]],
  ]
  for (const [title, object, want] of cases) {
    test(`metrics from v1: ${title}`, () => {
      const converted = toV2(object)
      expect(converted.spec.metrics).toEqual(want)
      expect(converted.metadata.annotations).toBeUndefined()
    })
  }

  test('the annotations are not taken over by v2 either', () => {
    const object = v2({ metrics: [cpu(1)] })
    object.metadata.annotations = { a: 'b', 'autoscaling.alpha.kubernetes.io/metrics': '[]' }
    expect(toV2(object).metadata.annotations).toEqual({ a: 'b' })
  })

  const quantity = fc.nat({ max: 998 }).map((n) => `${n + 1}m`)
  const name = fc.constantFrom('rps', 'hits', 'queue')
  const metric = fc.oneof(
    fc.record({ name: fc.constantFrom('memory', 'disk'), averageUtilization: fc.nat(100) }).map((r) => ({
      type: 'Resource',
      resource: { name: r.name, target: { type: 'Utilization', averageUtilization: r.averageUtilization } },
    })),
    fc.record({ name, averageValue: quantity }).map((r) => ({
      type: 'Pods',
      pods: { metric: { name: r.name }, target: { type: 'AverageValue', averageValue: r.averageValue } },
    })),
    fc.record({ name, value: quantity }).map((r) => ({
      type: 'Object',
      object: {
        describedObject: { kind: 'Service', name: 'web', apiVersion: 'v1' },
        target: { type: 'Value', value: r.value },
        metric: { name: r.name },
      },
    })),
    fc.record({ name, averageValue: quantity }).map((r) => ({
      type: 'External',
      external: { metric: { name: r.name }, target: { type: 'AverageValue', averageValue: r.averageValue } },
    })),
  )
  const rules = fc.record({
    stabilizationWindowSeconds: fc.nat(3600),
    selectPolicy: fc.constantFrom('Max', 'Min', 'Disabled'),
    policies: fc.array(
      fc.record({ type: fc.constantFrom('Pods', 'Percent'), value: fc.nat(9), periodSeconds: fc.nat(60) }),
      { minLength: 1, maxLength: 3 },
    ),
  })

  test('from v2 to v1 and back nothing is lost', () => {
    fc.assert(
      fc.property(
        fc.array(metric, { minLength: 1, maxLength: 4 }),
        fc.option(fc.nat(100), { nil: undefined }),
        fc.option(rules, { nil: undefined }),
        (metrics, percent, scaleUp) => {
          const object = v2({
            metrics: percent === undefined ? metrics : [...metrics, cpu(percent)],
            ...(scaleUp === undefined ? {} : { behavior: { scaleUp } }),
          })
          expect(toV2(toV1(object))).toEqual(object)
        },
      ),
    )
  })
})

describe('Event', () => {
  const core: KubeObject = {
    kind: 'Event',
    apiVersion: 'v1',
    metadata: { name: 'a', namespace: 'b' },
    involvedObject: { kind: 'Pod', name: 'p' },
    reason: 'Because',
    message: 'text',
    source: { component: 'c' },
    firstTimestamp: '2024-01-02T03:04:05Z',
    lastTimestamp: '2024-01-02T03:04:05Z',
    count: 3,
    type: 'Normal',
    eventTime: null,
    reportingComponent: 'r',
    reportingInstance: 'i',
  }

  test('members have other names in events.k8s.io', () => {
    const event = convertBuiltin(copyJson(core), 'Event', 'events.k8s.io/v1')
    expect(event).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      regarding: { kind: 'Pod', name: 'p' },
      note: 'text',
      deprecatedSource: { component: 'c' },
      deprecatedCount: 3,
      reportingController: 'r',
    })
    expect(event.message).toBeUndefined()
  })

  test('and back', () => {
    const there = convertBuiltin(copyJson(core), 'Event', 'events.k8s.io/v1')
    expect(convertBuiltin(there, 'Event', 'v1')).toEqual(core)
  })
})

test('every other kind keeps its shape and gets the version', () => {
  const object = convertBuiltin({ kind: 'CronJob', apiVersion: 'batch/v1beta1', metadata: {} }, 'CronJob', 'batch/v1')
  expect(object).toEqual({ kind: 'CronJob', apiVersion: 'batch/v1', metadata: {} })
})
