import { describe, expect, test } from 'vitest'
import { knownVersions } from './known-versions.js'
import { enabledApis } from './runtime-config.js'

const known = knownVersions()

/** What of a few resources of each stage is on. */
function on(config: Record<string, string>): string {
  const { enabled, problems } = enabledApis(config, known)
  expect(problems).toEqual([])
  const probes = [
    ['', 'v1', 'pods'],
    ['apps', 'v1', 'deployments'],
    ['apps', 'v1', 'daemonsets'],
    ['resource.k8s.io', 'v1beta1', 'resourceclaims'],
    ['storage.k8s.io', 'v1alpha1', 'volumeattributesclasses'],
  ] as const
  return probes
    .filter(([group, version, resource]) => enabled(group, version, resource))
    .map(([, , resource]) => resource)
    .join(' ')
}

describe('what is served', () => {
  const cases: [Record<string, string>, string][] = [
    [{}, 'pods deployments daemonsets'],
    [{ 'api/beta': 'true' }, 'pods deployments daemonsets resourceclaims'],
    [{ 'api/all': 'true', 'api/beta': 'false' }, 'pods deployments daemonsets'],
    [{ 'api/all': 'false', v1: 'true' }, 'pods'],
    [{ 'api/all': 'false', 'api/v1': '' }, 'pods'],
    [{ 'api/all': 'false', '/v1': '1' }, 'pods'],
    [{ 'apps/v1': 'false' }, 'pods'],
    [{ 'apps/v1/daemonsets': 'false' }, 'pods deployments'],
    [{ 'apps/v1': 'false', 'apps/v1/daemonsets': 'true' }, 'pods daemonsets'],
    [{ 'v1/pods': 'false' }, 'deployments daemonsets'],
    [{ 'resource.k8s.io/v1beta1': 'true' }, 'pods deployments daemonsets resourceclaims'],
    [{ 'api/legacy': 'false' }, 'pods deployments daemonsets'],
  ]
  for (const [config, want] of cases) test(JSON.stringify(config), () => expect(on(config)).toBe(want))
})

describe('problems', () => {
  const cases: [Record<string, string>, string[]][] = [
    [{ 'api/all': 'false' }, ['invalid runtime-config with only api/all=false']],
    [{ apps: 'true' }, ['runtime-config invalid key apps']],
    [{ 'a/b/c/d': 'true' }, ['runtime-config invalid key a/b/c/d']],
    [{ 'foo/v1': 'true', 'bar/v1/x': 'true' }, ['unknown api groups bar/v1,foo/v1']],
    [{ 'apps/v9': 'true' }, ['group version apps/v9 that has not been registered']],
    [{ 'api/beta': 'maybe' }, ['invalid value api/beta=maybe']],
    [
      { 'apps/v1': 'maybe' },
      ['invalid value of apps/v1: maybe, err: strconv.ParseBool: parsing "maybe": invalid syntax'],
    ],
    [
      { 'apps/v1/Deployments': 'true' },
      [
        'invalid key apps/v1/Deployments: group/version/resource and resource is always lowercase plural, not "Deployments"',
      ],
    ],
  ]
  for (const [config, want] of cases) {
    test(JSON.stringify(config), () => expect(enabledApis(config, known).problems).toEqual(want))
  }
})
