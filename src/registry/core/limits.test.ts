import { describe, expect, test } from 'vitest'
import { limitRanges } from './limit-ranges.js'
import { resourceQuotas } from './resource-quotas.js'
import { judge } from './testing.js'

describe('LimitRanges', () => {
  const { created, read } = judge(limitRanges, 'LimitRange')
  const limits = (...items: object[]) => ({ spec: { limits: items } })
  test('containers: limits from the maximum, requests from limits, then from the minimum', () => {
    const item = { type: 'Container', max: { cpu: '2' }, default: { memory: '1Gi' }, min: { 'ephemeral-storage': '1' } }
    expect(read(limits(item)).spec.limits[0]).toMatchObject({
      default: { cpu: '2', memory: '1Gi' },
      defaultRequest: { cpu: '2', memory: '1Gi', 'ephemeral-storage': '1' },
    })
    expect(read(limits({ ...item, type: 'Pod' })).spec.limits[0].defaultRequest).toBeUndefined()
  })
  const cases: readonly { readonly item: object; readonly want: readonly string[] }[] = [
    { item: { type: 'Container', max: { cpu: '2', 'x.test/y': '1' } }, want: [] },
    { item: { type: 'Odd' }, want: ['type: Invalid value: "Odd": must be a standard limit type or fully qualified'] },
    { item: { type: 'x.test/Odd' }, want: [] },
    {
      item: { type: 'Pod', default: { cpu: '1' } },
      want: ["default: Forbidden: may not be specified when `type` is 'Pod'"],
    },
    {
      item: { type: 'Pod', max: { storage: '1' } },
      want: ['max[storage]: Invalid value: "storage": must be a standard resource for containers'],
    },
    {
      item: { type: 'PersistentVolumeClaim' },
      want: ['limits: Required value: either minimum or maximum storage value is required, but neither was provided'],
    },
    {
      item: { type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } },
      want: ['min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'],
    },
    {
      item: { type: 'Container', min: { cpu: '1' }, default: { cpu: '500m' }, defaultRequest: { cpu: '600m' } },
      want: [
        'defaultRequest[cpu]: Invalid value: "600m": min value 1 is greater than default request value 600m',
        'defaultRequest[cpu]: Invalid value: "600m": default request value 600m is greater than default limit value 500m',
        'default[cpu]: Invalid value: "1": min value 1 is greater than default value 500m',
      ],
    },
    {
      item: { type: 'Pod', min: { cpu: '1' }, max: { cpu: '2' }, maxLimitRequestRatio: { cpu: '3' } },
      want: ['maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000'],
    },
    {
      item: { type: 'Pod', maxLimitRequestRatio: { cpu: '500m' } },
      want: ['maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1'],
    },
    {
      item: { type: 'Container', default: { 'hugepages-2Mi': '4Mi' }, defaultRequest: { 'hugepages-2Mi': '2Mi' } },
      want: [
        'defaultRequest[hugepages-2Mi]: Invalid value: "2Mi": default value 4Mi must equal to defaultRequest value 2Mi in hugepages-2Mi',
      ],
    },
  ]
  for (const { item, want } of cases) {
    test(JSON.stringify(item), () => {
      expect(created(limits(item))).toEqual(want.map((text) => `spec.limits[0].${text}`))
    })
  }
  test('a type once', () => {
    expect(created(limits({ type: 'Pod' }, { type: 'Pod' }))).toEqual(['spec.limits[1].type: Duplicate value: "Pod"'])
  })
  test('a name is made up', () => {
    const object = { metadata: { uid: 'u' } as { uid: string; name?: string } }
    limitRanges.prepareForCreate!(object, undefined as never)
    expect(object.metadata.name).toBe('u')
  })
})

describe('ResourceQuotas', () => {
  const { created, changed, statusChanged, warnings } = judge(resourceQuotas, 'ResourceQuota')
  const quota = (spec: object) => ({ spec })
  const cases: readonly { readonly spec: object; readonly want: readonly string[] }[] = [
    { spec: { hard: { cpu: '1', 'count/x.test': '1', 'requests.x.test/y': '2' } }, want: [] },
    {
      spec: { hard: { storage: '1', pods: '1500m' } },
      want: [
        'spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota',
        'spec.hard[pods]: Invalid value: "1500m": must be an integer',
      ],
    },
    { spec: { hard: { pods: '1' }, scopes: ['BestEffort'] }, want: [] },
    {
      spec: { hard: { cpu: '1' }, scopes: ['BestEffort', 'NotBestEffort', 'Odd'] },
      want: [
        'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Odd"]: unsupported scope applied to resource',
        'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Odd"]: unsupported scope',
        'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Odd"]: conflicting scopes',
      ],
    },
    {
      spec: { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In' }] } },
      want: [
        "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
      ],
    },
    {
      spec: { scopeSelector: { matchExpressions: [{ scopeName: 'Terminating', operator: 'Odd', values: ['a'] }] } },
      want: [
        'spec.scopeSelector.matchExpressions.operator: Invalid value: "Odd": must be \'Exists\' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity',
        'spec.scopeSelector.matchExpressions.operator: Invalid value: "Odd": not a valid selector operator',
      ],
    },
    {
      spec: {
        hard: { cpu: '1' },
        scopeSelector: { matchExpressions: [{ scopeName: 'BestEffort', operator: 'Exists' }] },
      },
      want: [
        'spec.scopeSelector.matchExpressions: Invalid value: {"MatchExpressions":[{"ScopeName":"BestEffort","Operator":"Exists","Values":null}]}: unsupported scope applied to resource',
      ],
    },
  ]
  for (const { spec, want } of cases) test(JSON.stringify(spec), () => expect(created(quota(spec))).toEqual(want))

  test('scopes stay, in any order', () => {
    const of = (...scopes: string[]) => quota({ scopes })
    expect(changed(of('Terminating', 'NotBestEffort'), of('NotBestEffort', 'Terminating'))).toEqual([])
    expect(changed(of('Terminating'), of('BestEffort'))).toEqual([
      'spec.scopes: Invalid value: ["BestEffort"]: field is immutable',
    ])
  })
  test('status', () => {
    expect(statusChanged({}, { status: { hard: { pods: '1' }, used: { pods: '-1' } } })).toEqual([
      'status.used[pods]: Invalid value: "-1": must be greater than or equal to 0',
    ])
  })
  test('requests above limits are warned of', () => {
    expect(
      warnings(quota({ hard: { cpu: '3', 'limits.cpu': '2', 'requests.memory': '1Gi', 'limits.memory': '2Gi' } })),
    ).toEqual(['ResourceQuota cpu (3) should be less than limits.cpu (2)'])
  })
})
