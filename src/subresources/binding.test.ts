import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bindings, podBinding } from './binding.js'
import { type Bench, openBench, post, refusal } from './testing.js'

let bench: Bench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

const pod = (name: string, spec: object = {}, labels?: object) =>
  bench.put('/pods', {
    metadata: { name, ...(labels === undefined ? {} : { labels }) },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
  })
const binding = (name: string, target: object, metadata: object = {}) => ({ metadata: { name, ...metadata }, target })
const node = { kind: 'Node', name: 'n1' }

describe('a binding', () => {
  test('assigns the pod, tells so in a condition, and hands on labels and annotations', async () => {
    await pod('a', {}, { app: 'web', zone: 'old' })
    const sent = binding('a', node, { labels: { zone: 'z1' }, annotations: { note: 'x' } })
    expect(await post(podBinding(bench.environment), 'a', sent)).toMatchObject({ kind: 'Status', status: 'Success' })
    const { spec, metadata, status } = bench.read('/pods', 'ns', 'a')
    expect(spec.nodeName).toBe('n1')
    expect(metadata).toMatchObject({ labels: { app: 'web', zone: 'z1' }, annotations: { note: 'x' }, generation: 1 })
    expect(status.conditions).toEqual([
      { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: '2026-01-02T03:04:05Z' },
    ])
  })

  test('without a name in its path goes to the pod it names', async () => {
    await pod('b')
    await post(bindings(bench.environment), '', binding('b', { name: 'n2' }))
    expect(bench.read('/pods', 'ns', 'b').spec.nodeName).toBe('n2')
  })

  test('that is a dry run changes nothing', async () => {
    await pod('dry')
    await post(podBinding(bench.environment), 'dry', binding('dry', node), { dryRun: true })
    expect(bench.read('/pods', 'ns', 'dry').spec.nodeName).toBeUndefined()
  })

  test.each([
    [
      'taken',
      binding('taken', node),
      '409 Operation cannot be fulfilled on pods/binding "taken": pod taken is already assigned to node "n0"',
    ],
    [
      'gated',
      binding('gated', node),
      '409 Operation cannot be fulfilled on pods/binding "gated": pod gated has non-empty .spec.schedulingGates',
    ],
    ['none', binding('none', node), '404 pods "none" not found'],
    ['free', binding('other', node), '400 name in URL does not match name in Binding object'],
    [
      'free',
      binding('free', { kind: 'Pod' }),
      '500 [target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>", target.name: Required value]',
    ],
    [
      'free',
      binding('free', node, { resourceVersion: '1' }),
      /^409 .*ResourceVersion in precondition: 1, ResourceVersion in object meta: \d+$/,
    ],
    ['free', binding('free', node, { uid: 'x' }), /^409 .*UID in precondition: x, UID in object meta: uid-\d+$/],
  ])('of %s is refused where that is wrong', async (name, body, want) => {
    if (name === 'taken') await pod('taken', { nodeName: 'n0' })
    if (name === 'gated') await pod('gated', { schedulingGates: [{ name: 'x' }] })
    if (name === 'free' && bench.environment.registry('/pods').find('ns', 'free') === undefined) await pod('free')
    expect(await refusal(post(podBinding(bench.environment), name, body))).toMatch(want)
  })
})
