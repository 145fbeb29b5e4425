import { expect, it } from 'vitest'
import { admissionPluginNames, enabledPluginNames, makePlugins } from './plugin-table.js'
import { objectsOf, webhookNotes } from './testing.js'

const environment = {
  objects: objectsOf({}),
  scan: () => [],
  enabled: () => false,
  authorize: () => ({ allowed: true, reason: '' }),
  mapKind: () => [],
  createNamespace: () => Promise.resolve(),
  configuration: {},
  saveQuotas: () => Promise.resolve(true),
  now: () => 0,
  random: () => 0,
  nameSuffix: () => 'abcde',
  tolerationSeconds: { notReady: 300, unreachable: 300 },
  resolveService: () => ({ host: '10.0.0.1', port: 443 }),
  webhooks: webhookNotes(),
  policies: webhookNotes(),
  decide: () => ({ verdict: 'allow' as const, reason: '' }),
  findParamKind: () => undefined,
  webhookFailed() {},
}

it('knows every plugin once', () => {
  expect(new Set(admissionPluginNames).size).toBe(admissionPluginNames.length)
  expect(admissionPluginNames).toHaveLength(41)
})

it('adds to and takes from those that are on by default', () => {
  const usual = enabledPluginNames([], [])
  expect(usual).toHaveLength(27)
  expect(usual).not.toContain('NodeRestriction')
  const names = enabledPluginNames(['NodeRestriction'], ['Priority'])
  expect(names).not.toContain('Priority')
  expect(names.indexOf('NodeRestriction')).toBe(names.indexOf('ServiceAccount') + 1)
})

it('makes what is there under its own name, in order', () => {
  const made = makePlugins(admissionPluginNames, environment).map(({ name }) => name)
  expect(made).toEqual(admissionPluginNames.filter((name) => made.includes(name)))
  expect(made).toContain('NamespaceLifecycle')
})
