import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { KubeObject } from '../api/index.js'
import { podEviction } from './eviction.js'
import { type Bench, openBench, post, refusal } from './testing.js'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.close())

const evict = (name: string, deleteOptions?: object, more: object = {}) =>
  post(podEviction(bench.environment), name, { metadata: { name }, ...(deleteOptions ? { deleteOptions } : {}) }, more)

async function pod(name: string, { phase = 'Running', ready = true } = {}): Promise<KubeObject> {
  await bench.put('/pods', {
    metadata: { name, labels: { app: 'web' } },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] },
  })
  await bench.change('/pods', 'ns', name, (object) => {
    object.status = { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] }
  })
  return bench.read('/pods', 'ns', name)
}

async function budget(status: object, spec: object = {}, name = 'b'): Promise<void> {
  await bench.put('policy/poddisruptionbudgets', {
    metadata: { name },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } }, ...spec },
  })
  await bench.change('policy/poddisruptionbudgets', 'ns', name, (object) => {
    object.status = { observedGeneration: 1, expectedPods: 2, ...status }
  })
}

const violated = "429 Cannot evict pod as it would violate the pod's disruption budget."
const isGoing = (name: string): boolean => bench.read('/pods', 'ns', name).metadata.deletionTimestamp !== undefined

describe('an eviction', () => {
  test('marks the pod and deletes it with its grace', async () => {
    await pod('a')
    expect(await evict('a')).toMatchObject({ kind: 'Status', status: 'Success' })
    const { metadata, status } = bench.read('/pods', 'ns', 'a')
    expect(metadata.deletionGracePeriodSeconds).toBe(30)
    expect(status.conditions.at(-1)).toMatchObject({ type: 'DisruptionTarget', reason: 'EvictionByEvictionAPI' })
  })

  test('has its options checked when the pod has been marked', async () => {
    await pod('a')
    expect(await refusal(evict('a', { propagationPolicy: 'Bad' }))).toContain(
      '422 DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Bad"',
    )
    expect(bench.read('/pods', 'ns', 'a').status.conditions.at(-1)).toMatchObject({ type: 'DisruptionTarget' })
    expect(isGoing('a')).toBe(false)
  })

  test('takes one disruption, and the next finds none', async () => {
    await pod('a')
    await pod('c')
    await budget({ disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1 })
    await evict('a', { gracePeriodSeconds: 3 })
    const { status } = bench.read('policy/poddisruptionbudgets', 'ns', 'b')
    expect(status).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { a: '2026-01-02T03:04:05Z' } })
    expect(status.conditions).toMatchObject([
      { type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' },
    ])
    expect(await refusal(evict('c'))).toBe(
      `${violated} | The disruption budget b does not allow evicting pods currently`,
    )
    expect([isGoing('a'), isGoing('c')]).toEqual([true, false])
  })

  test('that is a dry run, by its query or by itself, spends nothing', async () => {
    await pod('a')
    await budget({ disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1 })
    await evict('a', undefined, { dryRun: true })
    await evict('a', { dryRun: ['All'] })
    expect(bench.read('policy/poddisruptionbudgets', 'ns', 'b').status.disruptionsAllowed).toBe(1)
    expect(isGoing('a')).toBe(false)
  })

  test('of the wrong pod spends the disruption all the same', async () => {
    await pod('a')
    await budget({ disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1 })
    expect(await refusal(evict('a', { preconditions: { uid: 'wrong' } }))).toMatch(
      /^409 Operation cannot be fulfilled on Pod "a": the UID in the precondition \(wrong\) does not match/,
    )
    expect(bench.read('policy/poddisruptionbudgets', 'ns', 'b').status.disruptionsAllowed).toBe(0)
  })

  const full = { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1 }
  test.each([
    [
      'a budget that is not up to date',
      { ...full, observedGeneration: 0 },
      {},
      {},
      'The disruption budget b is still being processed by the server.',
    ],
    ['a budget with none to spare', full, {}, {}, 'The disruption budget b needs 1 healthy pods and has 1 currently'],
    [
      'an unready pod while too few are healthy',
      { ...full, currentHealthy: 0 },
      { ready: false },
      {},
      'The disruption budget b needs 1 healthy pods and has 0 currently',
    ],
    [
      'a budget that says why',
      {
        ...full,
        currentHealthy: 2,
        conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'R', message: 'm' }],
      },
      {},
      {},
      'The disruption budget b does not allow evicting pods currently (R): m',
    ],
    ['an unready pod while enough are healthy', full, { ready: false }, {}, undefined],
    [
      'an unready pod that may always go',
      { ...full, currentHealthy: 0 },
      { ready: false },
      { unhealthyPodEvictionPolicy: 'AlwaysAllow' },
      undefined,
    ],
    ['a pending pod', full, { phase: 'Pending' }, {}, undefined],
    ['a pod that is done', full, { phase: 'Succeeded' }, {}, undefined],
  ])('with %s', async (_, status, state, spec, want) => {
    await pod('a', state)
    await budget(status, spec)
    expect(await refusal(evict('a'))).toBe(want === undefined ? undefined : `${violated} | ${want}`)
    if (want !== undefined) expect(isGoing('a')).toBe(false)
  })

  test('under two budgets is refused, under one that selects nothing it is not', async () => {
    await pod('a')
    await budget({ disruptionsAllowed: 9 }, {}, 'b1')
    await budget({ disruptionsAllowed: 9 }, {}, 'b2')
    expect(await refusal(evict('a'))).toMatch(/^500 This pod has more than one PodDisruptionBudget/)
    expect(await refusal(evict('none'))).toBe('404 pods "none" not found')
  })
})
