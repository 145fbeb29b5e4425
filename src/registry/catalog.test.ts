import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { factsIndex, factsName, kindShape } from '../api/index.js'
import { deprecationWarning } from './catalog/deprecation.js'
import { groupOrder } from './catalog/group-order.js'
import { type CatalogEntry, catalog } from './catalog.js'

// Aggregated discovery of kube-apiserver 1.36.3 as it starts.
const discovery = JSON.parse(
  gunzipSync(readFileSync(new URL('../../test/data/discovery.json.gz', import.meta.url))).toString(),
) as { items: { metadata: { name?: string }; versions: { version: string; resources: unknown[] }[] }[] }

const describeEntry = (entry: CatalogEntry): object => ({
  resource: entry.resource,
  responseKind: { group: '', version: '', kind: entry.kind },
  scope: entry.namespaced ? 'Namespaced' : 'Cluster',
  singularResource: entry.singular,
  verbs: entry.verbs,
  ...(entry.shortNames.length > 0 && { shortNames: entry.shortNames }),
  ...(entry.categories.length > 0 && { categories: entry.categories }),
  ...(entry.subresources.length > 0 && {
    subresources: entry.subresources.map((s) => ({
      subresource: s.name,
      responseKind: s.responseKind,
      verbs: s.verbs,
    })),
  }),
})

test('what is on by default is what kube-apiserver discovers, in its order', () => {
  const served = discovery.items.map((item) => {
    const group = item.metadata.name ?? ''
    const entries = catalog.filter((entry) => entry.group === group)
    const versions = [...new Set(entries.flatMap((e) => e.versions))]
    const names = [...new Set(versions.filter((v) => v.introducedDefaultOn).map((v) => v.version))]
    return {
      group,
      versions: names.map((version) => ({
        version,
        resources: entries
          .filter((e) => e.versions.some((v) => v.version === version && v.introducedDefaultOn))
          .map(describeEntry),
      })),
    }
  })
  const want = discovery.items.map((item) => ({
    group: item.metadata.name ?? '',
    versions: item.versions.map(({ version, resources }) => ({ version, resources })),
  }))
  expect(served).toEqual(want)
})

test('group priorities give the order of discovery', () => {
  const order = [...groupOrder].sort((a, b) => b.groupPriority - a.groupPriority || (a.group < b.group ? -1 : 1))
  const names = [...new Set(order.map((entry) => entry.group))].filter((group) =>
    catalog.some((e) => e.group === group && e.versions.some((v) => v.introducedDefaultOn)),
  )
  const want = discovery.items.map((item) => item.metadata.name ?? '').filter((n) => n !== 'apiregistration.k8s.io')
  expect(names).toEqual(want)
})

test('every version of every entry has a rank and facts about its kind', () => {
  for (const entry of catalog) {
    for (const { version } of entry.versions) {
      expect(kindShape(entry.group, version, entry.kind), `${entry.group}/${version} ${entry.kind}`).toBeDefined()
      const ranked = groupOrder.some((o) => o.group === entry.group && o.version === version)
      expect(ranked || entry.group === 'apiregistration.k8s.io', `${entry.group}/${version}`).toBe(true)
    }
    expect(kindShape(entry.storageGroup, entry.storageVersion, entry.kind), entry.resource).toBeDefined()
  }
})

test('no version is missing that the facts say exists in 1.36', () => {
  const at = (text: string): number => Number(text.split('.')[1])
  const missing: string[] = []
  for (const gv of factsIndex().groupVersions) {
    if (!catalog.some((e) => e.group === gv.group)) continue
    for (const kind of gv.kinds) {
      const entry = catalog.find((e) => e.group === gv.group && e.kind === kind)
      const file = factsName(gv.group, gv.version)
      if (entry === undefined || file === undefined) continue
      if (entry.versions.some((v) => v.version === gv.version)) continue
      missing.push(`${gv.group}/${gv.version} ${kind}`)
    }
  }
  // What is left has been removed, or was never installed again (alpha versions without a lifecycle).
  const text = missing.filter((m) => !/rbac.*v1alpha1|node.*v1alpha1/.test(m))
  for (const m of text) {
    const [gv, kind] = m.split(' ') as [string, string]
    const [group, version] = gv.split('/') as [string, string]
    expect(removedAt(group, version, kind), m).toBeLessThanOrEqual(36)
  }
  function removedAt(group: string, version: string, kind: string): number {
    const warning = deprecationWarning(group, version, kind) ?? ''
    return at(/unavailable in v(\d+\.\d+)\+/.exec(warning)?.[1] ?? '1.99')
  }
})

test('objects of two resources share a prefix only if they are the same objects', () => {
  const seen = new Map<string, string>()
  for (const entry of catalog) {
    if (entry.storagePrefix === undefined) continue
    const what = `${entry.storageGroup}/${entry.storageVersion} ${entry.kind}`
    expect(seen.get(entry.storagePrefix) ?? what).toBe(what)
    seen.set(entry.storagePrefix, what)
  }
})

test.each([
  ['', 'v1', 'Endpoints', 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'],
  ['', 'v1', 'ComponentStatus', 'v1 ComponentStatus is deprecated in v1.19+'],
  ['', 'v1', 'Pod', undefined],
  ['admissionregistration.k8s.io', 'v1beta1', 'MutatingAdmissionPolicy', undefined],
  [
    'storage.k8s.io',
    'v1beta1',
    'VolumeAttributesClass',
    'storage.k8s.io/v1beta1 VolumeAttributesClass is deprecated in v1.34+, unavailable in v1.37+; ' +
      'use storage.k8s.io/v1 VolumeAttributesClass',
  ],
])('deprecation of %s/%s %s', (group, version, kind, want) => {
  expect(deprecationWarning(group, version, kind)).toBe(want)
})
