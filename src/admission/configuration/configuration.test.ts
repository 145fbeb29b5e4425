import { describe, expect, it } from 'vitest'
import { readAdmissionConfiguration } from './configuration.js'

const plugins = ['PodSecurity', 'ResourceQuota', 'PodNodeSelector', 'PodTolerationRestriction']
const head = 'kind: AdmissionConfiguration\napiVersion: apiserver.config.k8s.io/v1\n'
const read = (files: Record<string, string>, enabled = plugins) =>
  readAdmissionConfiguration('/etc/a.yaml', enabled, (path) => {
    const text = files[path]
    if (text === undefined) throw new Error(`open ${path}: no such file or directory`)
    return Buffer.from(text)
  })

const podSecurity = (rest: string) => ({
  '/etc/a.yaml': `${head}plugins: [{name: PodSecurity, path: ps.yaml}]`,
  '/etc/ps.yaml': `kind: PodSecurityConfiguration\napiVersion: pod-security.admission.config.k8s.io/v1\n${rest}`,
})

describe('files', () => {
  it('may be none', async () => {
    expect(await readAdmissionConfiguration('', plugins, () => Buffer.alloc(0))).toEqual({})
  })

  it('name others, beside them', async () => {
    const files = podSecurity('defaults: {enforce: baseline, warn-version: v1.20}\nexemptions: {usernames: [a]}')
    expect((await read(files)).podSecurity).toEqual({
      defaults: {
        enforce: { level: 'baseline', version: 'latest' },
        audit: { level: 'privileged', version: 'latest' },
        warn: { level: 'privileged', version: 20 },
      },
      exemptions: { usernames: ['a'], namespaces: [], runtimeClasses: [] },
    })
  })

  it('may hold it all', async () => {
    const limited = 'limitedResources: [{resource: pods, matchContains: [cpu]}]'
    const text = `${head}plugins:
- name: ResourceQuota
  configuration: {kind: ResourceQuotaConfiguration, apiVersion: apiserver.config.k8s.io/v1, ${limited}}
- name: PodTolerationRestriction
  configuration: {kind: Configuration, apiVersion: podtolerationrestriction.admission.k8s.io/v1alpha1, default: [{key: a, operator: Exists}]}
`
    expect(await read({ '/etc/a.yaml': text })).toEqual({
      resourceQuota: [{ apiGroup: '', resource: 'pods', matchContains: ['cpu'], matchScopes: [] }],
      podTolerationRestriction: { default: [{ key: 'a', operator: 'Exists' }], whitelist: [] },
    })
  })

  it('may be the old one of a single plugin', async () => {
    const files = { '/etc/a.yaml': 'podNodeSelectorPluginConfig: {clusterDefaultNodeSelector: a=b}' }
    expect((await read(files)).podNodeSelector).toEqual({ clusterDefaultNodeSelector: 'a=b' })
  })

  it('are not looked at for plugins that are off', async () => {
    expect(await read(podSecurity('defaults: {enforce: x}'), ['ResourceQuota'])).toEqual({})
  })

  it.each<[string, Record<string, string>, string]>([
    [
      'missing',
      {},
      'unable to read admission control configuration from "/etc/a.yaml" [open /etc/a.yaml: no such file',
    ],
    ['of another kind', { '/etc/a.yaml': 'kind: X\napiVersion: v1' }, 'no kind "X" is registered for version "v1"'],
    ['without a kind', { '/etc/a.yaml': 'a: 1' }, "Object 'Kind' is missing"],
    [
      'with a field too many',
      { '/etc/a.yaml': `${head}pluginz: []` },
      'strict decoding error: unknown field "pluginz"',
    ],
    ['with a key twice', { '/etc/a.yaml': `${head}plugins: []\nplugins: []` }, 'strict decoding error'],
    [
      'wrong for a plugin',
      podSecurity('defaults: {enforce: x, audit-version: v2}\nexemptions: {namespaces: [a, a], usernames: [""]}'),
      'couldn\'t init admission plugin "PodSecurity": [defaults.enforce: Invalid value: "x": must be one of privileged, baseline, restricted, defaults.audit-version: Invalid value: "v2": must be "latest" or "v1.x", exemptions.namespaces[1]: Duplicate value: "a", exemptions.usernames[0]: Invalid value: "": username must not be empty]',
    ],
  ])('are refused: %s', async (_, files, why) => expect(read(files)).rejects.toThrow(why))
})

it('EventRateLimit cannot do without', async () => {
  const rates = (limits: string) =>
    read(
      {
        '/etc/a.yaml': `${head}plugins: [{name: EventRateLimit, configuration: {kind: Configuration, apiVersion: eventratelimit.admission.k8s.io/v1alpha1, limits: ${limits}}}]`,
      },
      ['EventRateLimit'],
    )
  await expect(readAdmissionConfiguration('', ['EventRateLimit'], () => Buffer.alloc(0))).rejects.toThrow(
    'couldn\'t init admission plugin "EventRateLimit": limits: Invalid value: null: must not be empty',
  )
  await expect(rates('[{type: User, qps: 0, burst: 1}]')).rejects.toThrow(
    'limits[0].qps: Invalid value: 0: must be positive',
  )
  expect((await rates('[{type: Server, qps: 1, burst: 2}]')).eventRateLimit).toEqual([
    { type: 'Server', qps: 1, burst: 2, cacheSize: 0 },
  ])
})
