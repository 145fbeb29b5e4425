import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../api/index.js'
import { attributesFor, objectsOf } from '../testing.js'
import { limitRanger } from './limit-ranger.js'

const ranger = (...limits: object[]) =>
  limitRanger(objectsOf({ '/limitranges': [{ metadata: { name: 'l', namespace: 'n' }, spec: { limits } }] }), true)
const pod = (containers: object[], more: object = {}): KubeObject => ({
  metadata: { name: 'p', namespace: 'n' },
  spec: { containers, ...more },
})
const validate = (object: KubeObject, ...limits: object[]) =>
  ranger(...limits).validate!(attributesFor('CREATE', '/pods', object))
const c = (name: string, requests: object = {}, limits: object = {}) => ({ name, resources: { requests, limits } })

it('fills in what containers do not say, and tells so', () => {
  const object = pod([c('a', { cpu: '5m' }), { name: 'b' }], { initContainers: [{ name: 'i' }] })
  const plugin = ranger({ type: 'Container', default: { memory: '1Gi', cpu: '1' }, defaultRequest: { cpu: '100m' } })
  void plugin.admit!(attributesFor('CREATE', '/pods', object))
  const [a, b] = object.spec.containers
  expect(a.resources).toEqual({ requests: { cpu: '5m' }, limits: { memory: '1Gi', cpu: '1' } })
  expect(b.resources).toEqual({ requests: { cpu: '100m' }, limits: { memory: '1Gi', cpu: '1' } })
  expect(object.metadata.annotations).toEqual({
    'kubernetes.io/limit-ranger':
      'LimitRanger plugin set: cpu, memory limit for container a; cpu request for container b; cpu, memory limit for container b; cpu request for init container i; cpu, memory limit for init container i',
  })
})

it('lets the requests of a pod follow those of its containers', () => {
  const object = pod([{ name: 'a' }], { resources: { requests: { cpu: '1' }, limits: { cpu: '2' } } })
  void ranger({ type: 'Container', default: { memory: '1Gi' }, defaultRequest: { memory: '1Gi' } }).admit!(
    attributesFor('CREATE', '/pods', object),
  )
  expect(object.spec.resources).toEqual({ requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2' } })
})

describe('bounds', () => {
  it.each<[object, object, string | undefined]>([
    [
      c('a', { cpu: '50m' }),
      { type: 'Container', min: { cpu: '100m' } },
      'minimum cpu usage per Container is 100m, but request is 50m',
    ],
    [
      c('a'),
      { type: 'Container', min: { cpu: '100m' } },
      'minimum cpu usage per Container is 100m.  No request is specified',
    ],
    [
      c('a', { cpu: '200m' }, { cpu: '50m' }),
      { type: 'Container', min: { cpu: '100m' } },
      'minimum cpu usage per Container is 100m, but limit is 50m',
    ],
    [
      c('a'),
      { type: 'Container', max: { memory: '1Gi' } },
      'maximum memory usage per Container is 1Gi.  No limit is specified',
    ],
    [
      c('a', {}, { memory: '2Gi' }),
      { type: 'Container', max: { memory: '1Gi' } },
      'maximum memory usage per Container is 1Gi, but limit is 2Gi',
    ],
    [c('a', {}, { memory: '1Gi' }), { type: 'Container', max: { memory: '1Gi' } }, undefined],
    [
      c('a', { cpu: '100m' }, { cpu: '350m' }),
      { type: 'Container', maxLimitRequestRatio: { cpu: '3' } },
      'cpu max limit to request ratio per Container is 3, but provided ratio is 3.500000',
    ],
    [
      c('a', {}, { cpu: '1' }),
      { type: 'Container', maxLimitRequestRatio: { cpu: '3' } },
      'cpu max limit to request ratio per Container is 3, but no request is specified or request is 0',
    ],
    [
      c('a', { cpu: '1' }, { memory: '2' }),
      { type: 'Container', max: { cpu: '500m', memory: '1' } },
      '[maximum cpu usage per Container is 500m.  No limit is specified, maximum memory usage per Container is 1, but limit is 2]',
    ],
  ])('%j in %j', (container, limit, why) => {
    if (why === undefined) expect(() => validate(pod([container]), limit)).not.toThrow()
    else expect(() => validate(pod([container]), limit)).toThrow(`pods "p" is forbidden: ${why}`)
  })

  it('are for the sum of a pod, or its start', () => {
    const start = { initContainers: [c('i', { cpu: '900m' }, { cpu: '900m' })] }
    const both = [c('a', { cpu: '300m' }, { cpu: '300m' }), c('b', { cpu: '300m' }, { cpu: '300m' })]
    const limit = (cpu: string) => ({ type: 'Pod', max: { cpu } })
    expect(() => validate(pod(both), limit('600m'))).not.toThrow()
    expect(() => validate(pod(both), limit('599m'))).toThrow('maximum cpu usage per Pod is 599m, but limit is 600m')
    expect(() => validate(pod(both, start), limit('899m'))).toThrow('but limit is 900m')
  })

  it('hold claims to their request', () => {
    const claim = (storage: string) => ({
      metadata: { name: 'c', namespace: 'n' },
      spec: { resources: { requests: { storage } } },
    })
    const check = (storage: string) =>
      ranger({ type: 'PersistentVolumeClaim', max: { storage: '2Gi' } }).validate!(
        attributesFor('UPDATE', '/persistentvolumeclaims', claim(storage)),
      )
    expect(() => check('2Gi')).not.toThrow()
    expect(() => check('3Gi')).toThrow('maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi')
  })

  it('leave pods alone that are changed otherwise, or go away', () => {
    const limit = { type: 'Container', min: { cpu: '1' } }
    const check = (more: object) =>
      ranger(limit).validate!(attributesFor('UPDATE', '/pods', pod([c('a')]), { oldObject: pod([]), ...more }))
    const going = { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }
    expect(() => check({})).not.toThrow()
    expect(() => check({ subresource: 'resize' })).toThrow('minimum cpu')
    expect(() => check({ subresource: 'resize', oldObject: going })).not.toThrow()
  })
})
