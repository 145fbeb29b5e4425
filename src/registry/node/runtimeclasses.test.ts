import { expect, test } from 'vitest'
import { judge } from '../core/testing.js'
import { runtimeclasses } from './runtimeclasses.js'

const { created, warnings } = judge(runtimeclasses, 'RuntimeClass', 'node.k8s.io')
const twice = { key: 'a', operator: 'Exists' }

test.each<[object, string[]]>([
  [{ handler: 'runc', overhead: { podFixed: { cpu: '1' } } }, []],
  [{}, ['handler: Required value']],
  [{ handler: 'a.b' }, ['handler: Invalid value: "a.b": must not contain dots']],
  [
    { handler: 'a', overhead: { podFixed: { memory: '-1' } } },
    ['overhead.limits[memory]: Invalid value: "-1": must be greater than or equal to 0'],
  ],
  [
    {
      handler: 'a',
      scheduling: { tolerations: [twice, { ...twice, tolerationSeconds: 1, effect: 'NoExecute' }, twice] },
    },
    [
      'scheduling.tolerations[2]: Duplicate value: ' +
        '{"Key":"a","Operator":"Exists","Value":"","Effect":"","TolerationSeconds":null}',
    ],
  ],
])('%j', (body, found) => {
  expect(created(body)).toEqual(found)
})

test('the handler stays', () => {
  const found: string[] = []
  const errors = { list: [], invalid: (field: string, _value: unknown, why: string) => found.push(`${field}: ${why}`) }
  const meta = { metadata: { name: 'x' } }
  const context = { enabled: () => true } as never
  runtimeclasses.validateUpdate?.({ ...meta, handler: 'a' }, { ...meta, handler: 'b' }, errors as never, context)
  expect(found).toEqual(['handler: field is immutable'])
})

test('old labels are warned about', () => {
  const nodeSelector = { 'beta.kubernetes.io/os': 'linux', a: 'b' }
  expect(warnings({ handler: 'a', scheduling: { nodeSelector } })).toEqual([
    'scheduling.nodeSelector: deprecated since v1.14; use "kubernetes.io/os" instead',
  ])
})
