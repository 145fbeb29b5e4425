import { describe, expect, it } from 'vitest'
import { attributesFor, named, objectsOf } from '../testing.js'
import { priority } from './priority.js'

const high = named('high', { value: 1000, preemptionPolicy: 'Never' })
const usual = named('usual', { value: 7, globalDefault: true })
const lower = named('lower', { value: 5, globalDefault: true })
const classes = (...all: (typeof high)[]) => objectsOf({ 'scheduling.k8s.io/priorityclasses': all })
const admit = (spec: Record<string, unknown>, ...all: (typeof high)[]) => {
  const pod = named('p', { spec })
  void priority(classes(...all), false).admit!(attributesFor('CREATE', '/pods', pod))
  return pod.spec
}

describe('priority of pods', () => {
  it.each([
    ['nothing is 0', {}, [], { priority: 0, preemptionPolicy: 'PreemptLowerPriority' }],
    [
      'the class tells',
      { priorityClassName: 'high' },
      [high],
      { priorityClassName: 'high', priority: 1000, preemptionPolicy: 'Never' },
    ],
    ['the default class', {}, [high, usual], { priorityClassName: 'usual', priority: 7 }],
    ['the lower of two defaults', {}, [usual, lower], { priorityClassName: 'lower', priority: 5 }],
    [
      'the same number may be there already',
      { priority: 1000, priorityClassName: 'high' },
      [high],
      { priorityClassName: 'high', priority: 1000, preemptionPolicy: 'Never' },
    ],
  ])('%s', (_, spec, all, expected) => expect(admit(spec, ...all)).toEqual(expected))

  it.each([
    ['no PriorityClass with name x was found', { priorityClassName: 'x' }],
    [
      'the integer value of priority (3) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
      { priority: 3 },
    ],
    [
      'the string value of PreemptionPolicy () must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name',
      { preemptionPolicy: '' },
    ],
    [
      'the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name',
      { preemptionPolicy: 'Never' },
    ],
  ])('refuses: %s', (why, spec) => expect(() => admit(spec)).toThrow(`pods "p" is forbidden: ${why}`))

  it('keeps both on update', () => {
    const pod = named('p', { spec: {} })
    const old = named('p', { spec: { priority: 4, preemptionPolicy: 'Never' } })
    void priority(classes(), false).admit!(attributesFor('UPDATE', '/pods', pod, { oldObject: old }))
    expect(pod.spec).toEqual({ priority: 4, preemptionPolicy: 'Never' })
  })
})

describe('the default class', () => {
  const validate = (operation: 'CREATE' | 'UPDATE', object: typeof high) =>
    priority(classes(usual), false).validate!(attributesFor(operation, 'scheduling.k8s.io/priorityclasses', object))
  it('can be only one', () => {
    const text =
      'priorityclasses.scheduling.k8s.io "lower" is forbidden: PriorityClass usual is already marked as default. Only one default can exist'
    expect(() => validate('CREATE', lower)).toThrow(text)
    expect(() => validate('UPDATE', lower)).toThrow(text)
  })
  it('may be changed itself', () => expect(validate('UPDATE', usual)).toBeUndefined())
  it('does not keep others away', () => expect(validate('CREATE', high)).toBeUndefined())
})
