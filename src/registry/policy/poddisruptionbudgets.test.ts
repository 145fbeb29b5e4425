import { expect, test } from 'vitest'
import { judge } from '../core/testing.js'
import { poddisruptionbudgets } from './poddisruptionbudgets.js'

const { read, created, changed, statusChanged } = judge(poddisruptionbudgets, 'PodDisruptionBudget', 'policy')

const key = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match'
const all = { key, operator: 'DoesNotExist' }
const none = { key, operator: 'Exists' }
const other = { key: 'a', operator: 'Exists' }

test.each<[object, string[]]>([
  [{}, []],
  [{ minAvailable: '50%', selector: {} }, []],
  [
    { minAvailable: 1, maxUnavailable: '5' },
    [
      'spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":"5","UnhealthyPodEvictionPolicy":null}: ' +
        'minAvailable and maxUnavailable cannot be both set',
      'spec.maxUnavailable: Invalid value: "5": a valid percent string must be a numeric string followed by an ending ' +
        "'%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ],
  ],
  [{ maxUnavailable: -1 }, ['spec.maxUnavailable: Invalid value: -1: must be greater than or equal to 0']],
  [{ minAvailable: '200%' }, ['spec.minAvailable: Invalid value: "200%": must not be greater than 100%']],
  [
    { unhealthyPodEvictionPolicy: 'Never' },
    [
      'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": ' +
        'supported values: "AlwaysAllow", "IfHealthyBudget"',
    ],
  ],
])('%j', (spec, found) => {
  expect(created({ spec })).toEqual(found)
})

test('old odd values of the selector stay valid', () => {
  const odd = { spec: { selector: { matchExpressions: [{ key: 'a', operator: 'In', values: ['b!'] }] } } }
  expect(created(odd)).toHaveLength(1)
  expect(changed(odd, odd)).toEqual([])
})

test.each([
  [{ matchExpressions: [none] }, { matchExpressions: [none] }],
  [{ matchExpressions: [all] }, {}],
  [{ matchLabels: { a: 'b' }, matchExpressions: [none] }, { matchLabels: { a: 'b' } }],
  [{ matchExpressions: [all, other, none] }, { matchExpressions: [other] }],
  [{}, {}],
])('the label that told the versions apart: of %j is left %j', (selector, left) => {
  expect(read({ spec: { selector } }).spec.selector).toEqual(left)
})

test('status', () => {
  expect(statusChanged({}, { status: { disruptionsAllowed: -1, expectedPods: 0 } })).toEqual([
    'status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0',
  ])
  expect(statusChanged({}, { status: { conditions: [{ type: 'A', status: 'Maybe', reason: 'R' }] } })).toEqual([
    'status.conditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
    'status.conditions[0].lastTransitionTime: Required value',
  ])
})
