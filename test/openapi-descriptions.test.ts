import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Descriptions, readDescriptions } from '../src/endpoints/openapi/descriptions.js'
import { OpenApiDocuments } from '../src/endpoints/openapi/documents.js'
import { builtinGroups } from '../src/registry/index.js'

const tool = fileURLToPath(new URL('../tools/descriptions.mjs', import.meta.url))
let folder: string
let descriptions: Descriptions

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kats-descriptions-'))
  const file = join(folder, 'out/descriptions.json')
  execFileSync(process.execPath, [tool, file])
  descriptions = (await readDescriptions(file))!
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Definition {
  readonly description?: string
  readonly properties?: Record<string, Definition>
}

describe('descriptions', () => {
  test('of types and fields', () => {
    const pod = descriptions.definition('io.k8s.api.core.v1.Pod')
    expect(pod).toMatch(/^Pod is a collection of containers/)
    expect(descriptions.definition('io.k8s.api.core.v1.PodSpec', 'dnsPolicy')).toContain('"ClusterFirst"')
    expect(descriptions.definition('io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta', 'continue')).toMatch(
      /^continue may/,
    )
  })

  test('of a field that the client declares without a text', () => {
    const name = 'io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup'
    expect(descriptions.definition(name, 'preferredVersion')).toMatch(/^preferredVersion is the version preferred by/)
    expect(descriptions.definition(name, 'versions')).toMatch(/^versions are/)
  })

  test('of types that share a name', () => {
    const rbac = descriptions.definition('io.k8s.api.rbac.v1.Subject')
    const flowcontrol = descriptions.definition('io.k8s.api.flowcontrol.v1.Subject')
    expect(rbac).toContain('role binding')
    expect(flowcontrol).toContain('originator')
  })

  test('of parameters, but not of those with many meanings', () => {
    expect(descriptions.parameter('limit')).toMatch(/^limit is a maximum number/)
    expect(descriptions.parameter('container')).toBeUndefined()
  })

  test('nothing for what is not there, whatever it is called', () => {
    for (const name of ['x', '__proto__', 'constructor', '']) {
      expect(descriptions.definition(name)).toBeUndefined()
      expect(descriptions.definition('io.k8s.api.core.v1.Pod', name)).toBeUndefined()
      expect(descriptions.parameter(name)).toBeUndefined()
    }
  })

  test('no leftovers of the comments they come from', async () => {
    const documents = new OpenApiDocuments({ release: '1.36', descriptions: () => Promise.resolve(descriptions) })
    documents.setGroups(
      builtinGroups({ served: (_g, _v, _r, on) => on, enabled: () => true, virtual: new Map(), handlers: new Map() }),
    )
    const text = (await documents.v2()).json.toString()
    expect(text).not.toMatch(/&#|@memberof|@type|\* Defaults/)
    const document = JSON.parse(text) as { definitions: Record<string, Definition> }
    const all = Object.values(document.definitions)
    const fields = all.flatMap((definition) => Object.values(definition.properties ?? {}))
    expect(fields.filter((field) => field.description !== undefined).length / fields.length).toBeGreaterThan(0.95)
    expect(all.filter((definition) => definition.description !== undefined).length / all.length).toBeGreaterThan(0.97)
  })
})

test('a file that is missing is no error, one that is broken is', async () => {
  expect(await readDescriptions(join(folder, 'nothing.json'))).toBeUndefined()
  const broken = join(folder, 'broken.json')
  writeFileSync(broken, '{"limit":')
  await expect(readDescriptions(broken)).rejects.toThrow(SyntaxError)
})
