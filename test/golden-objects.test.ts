import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  copyJson,
  decodeObject,
  factsIndex,
  type KubeObject,
  kindShape,
  normalizeStored,
  parseApiVersion,
  StrictErrors,
  type StructShape,
} from '../src/api/index.js'
import { encodeBody, jsonMediaType, parseJson, parseYaml, stringifyJson, yamlMediaType } from '../src/codec/index.js'
import { decodeProtobuf } from '../src/codec/protobuf/body.js'
import { encodeProtobuf, kindType } from '../src/codec/protobuf/envelope.js'
import { builtinGroups, type ResourceVersion } from '../src/registry/index.js'
import { fullObject } from './support/full-object.js'

const versions = servedVersions()

describe('an object with every field', () => {
  const kinds = factsIndex().groupVersions.flatMap(({ group, version, kinds }) =>
    // A watch event is no object.
    kinds
      .filter((kind) => kind !== 'WatchEvent')
      .map((kind) => ({ apiVersion: group === '' ? version : `${group}/${version}`, kind })),
  )

  test.each(kinds)('$apiVersion $kind', async ({ apiVersion, kind }) => {
    const { group, version } = parseApiVersion(apiVersion)
    const shape = kindShape(group, version, kind)!
    const object = { ...fullObject(shape), kind, apiVersion } as unknown as KubeObject
    await expectKept(object, shape)
  })

  test('is a wide one', () => {
    const pod = JSON.stringify(fullObject(kindShape('', 'v1', 'Pod')!))
    for (const field of [
      'ephemeralContainers',
      'seccompProfile',
      'nominatedNodeName',
      'observedGeneration',
      'f:metadata',
    ])
      expect(pod).toContain(field)
    expect(pod.length).toBeGreaterThan(20_000)
  })
})

// A checkout of kubernetes/api: its testdata/ holds every kind in JSON, YAML and protobuf, each field filled, as the real
// apimachinery writes it, of this release and of those before.
const checkout = process.env.KATS_KUBERNETES_API
const folder = checkout === undefined ? undefined : join(checkout, 'testdata')

test.runIf(folder === undefined)('golden objects', ({ skip }) => {
  skip('KATS_KUBERNETES_API names no checkout of github.com/kubernetes/api')
})

const releases = folder === undefined ? [] : readdirSync(folder).filter((name) => /^(?:HEAD|v[\d.]+)$/.test(name))

describe.each(releases)('golden objects of %s', (release) => {
  const at = join(folder!, release)
  const samples = readdirSync(at)
    .filter((name) => name.endsWith('.json') && !name.endsWith('.after_roundtrip.json'))
    .map((name) => name.slice(0, -'.json'.length))

  test.each(samples)('%s', async (sample) => {
    const read = (suffix: string): Buffer => readFileSync(join(at, `${sample}${suffix}`))
    const sent = parseJson(read('.json')).value as KubeObject
    const { group, version } = parseApiVersion(String(sent.apiVersion))
    const shape = kindShape(group, version, String(sent.kind))
    if (shape === undefined) {
      expect([...versions.values()].filter((v) => v.apiVersion === sent.apiVersion && v.kind === sent.kind)).toEqual([])
      return
    }
    // Fields of an older release may be gone: what is left is told beside the sample.
    const kept = (suffix: string): Buffer =>
      read(existsSync(join(at, `${sample}.after_roundtrip${suffix}`)) ? `.after_roundtrip${suffix}` : suffix)
    const json = kept('.json')

    const strict = new StrictErrors()
    const object = decodeObject(sent, shape, { report: strict })
    if (json.equals(read('.json'))) expect(strict.list).toEqual([])
    expect(encodeBody(jsonMediaType, object, true).toString()).toBe(json.toString())
    expect(decodeObject((await parseYaml(read('.yaml'))).value, shape)).toEqual(object)
    expect(encodeBody(yamlMediaType, object, false).toString()).toBe(kept('.yaml').toString())
    expect(decodeProtobuf(read('.pb'))).toEqual(object)
    expect(encodeProtobuf(object).equals(kept('.pb'))).toBe(true)
    await expectKept(object, shape)
  })
})

/** Every way the object can go, and that it comes back from each as it was, member order included. */
async function expectKept(object: KubeObject, shape: StructShape): Promise<void> {
  const text = stringifyJson(object)
  const strict = new StrictErrors()
  expect(stringifyJson(decodeObject(parseJson(Buffer.from(text)).value, shape, { report: strict }))).toBe(text)
  expect(strict.list).toEqual([])
  const yaml = encodeBody(yamlMediaType, object, false)
  expect(stringifyJson(decodeObject((await parseYaml(yaml)).value, shape))).toBe(text)
  expectSameMessage(object)
  expect(stringifyJson(normalizeStored(decodeObject(object, shape), shape))).toBe(text)

  const served = versions.get(`${object.apiVersion} ${object.kind}`)
  if (served === undefined) return
  const given = agreed(object) as KubeObject
  const complete = copyJson(given)
  served.defaults(complete)
  expect(complete).toMatchObject(given)
  const twice = copyJson(complete)
  served.defaults(twice)
  expect(twice).toEqual(complete)
  expectSameMessage(complete, (again) => served.defaults(again))
  const stored = served.toStorage(copyJson(complete))
  const storage = versions.get(`${stored.apiVersion} ${stored.kind}`)
  expectSameMessage(stored, (again) => storage?.defaults(again))
  const back = served.fromStorage(copyJson(stored))
  // Current metrics have no field in autoscaling/v1; upstream keeps them here, the one that has a field too.
  if (served.apiVersion === 'autoscaling/v1')
    delete back.metadata.annotations?.['autoscaling.alpha.kubernetes.io/current-metrics']
  expect(back).toEqual(complete)
}

/** The object with fields that follow from others, in apiserver too, as they follow: whatever else they held is not kept. */
function agreed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(agreed)
  if (typeof value !== 'object' || value === null) return value
  const out: Record<string, unknown> = {}
  for (const [key, held] of Object.entries(value)) out[key] = agreed(held)
  if (out.serviceAccountName !== undefined && out.serviceAccount !== undefined)
    out.serviceAccount = out.serviceAccountName
  if (out.podIP !== undefined) out.podIPs = [{ ip: out.podIP }]
  if (out.podCIDR !== undefined) out.podCIDRs = [out.podCIDR]
  if (out.stringData !== undefined) delete out.stringData
  return out
}

/** @param fill what happens to objects that are read: claims within stateful sets get their kind, which messages leave out */
function expectSameMessage(object: KubeObject, fill?: (object: KubeObject) => void): void {
  const { group, version } = parseApiVersion(String(object.apiVersion))
  if (kindType(group, version, String(object.kind))?.isMarshalable !== true) return
  const bytes = encodeProtobuf(object)
  const again = decodeProtobuf(bytes) as unknown as KubeObject
  fill?.(again)
  expect(again).toEqual(object)
  expect(encodeProtobuf(again).equals(bytes)).toBe(true)
}

/** Every version that kats can serve, by apiVersion and kind. */
function servedVersions(): ReadonlyMap<string, ResourceVersion> {
  const groups = builtinGroups({ served: () => true, enabled: () => true, virtual: new Map(), handlers: new Map() })
  const resources = groups.flatMap((group) => group.resources)
  return new Map(resources.flatMap(({ versions }) => versions.map((v) => [`${v.apiVersion} ${v.kind}`, v])))
}
