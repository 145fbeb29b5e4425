import { expect, test } from 'vitest'
import { sameConfigured } from './same-configured.js'

const configured = (parameters: unknown, requests: unknown[] = []) => ({
  devices: { requests, config: [{ opaque: { driver: 'd', parameters } }] },
})

test.each<[string, unknown, unknown, boolean]>([
  ['equal', configured({ a: 1, b: 2n }), configured({ a: 1, b: 2n }), true],
  ['the order of keys in what is opaque counts', configured({ a: 1, b: 2 }), configured({ b: 2, a: 1 }), false],
  ['that of others does not', configured({}, [{ a: 1, b: 2 }]), configured({}, [{ b: 2, a: 1 }]), true],
  ['other parameters', configured({ a: 1 }), configured({ a: 2 }), false],
  ['none', {}, undefined, false],
  ['none on both sides', undefined, undefined, true],
  ['no configuration', { devices: {} }, { devices: {} }, true],
])('%s', (_, spec, old, want) => expect(sameConfigured(spec as object, old as object)).toBe(want))
