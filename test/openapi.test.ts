import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { OpenApiDocuments } from '../src/endpoints/openapi/documents.js'
import { type APIGroupInfo, builtinGroups } from '../src/registry/index.js'

// What kube-apiserver 1.36.3 serves as it starts, its descriptions and the fixed parts around the documents taken off.
const folder = new URL('data/openapi/', import.meta.url)
const read = (name: string): Json => JSON.parse(gunzipSync(readFileSync(new URL(name, folder))).toString()) as Json

type Json = Record<string, unknown>

/** Kinds whose DELETE is documented to answer with the object. */
const returnsDeleted = new Set(
  `/persistentvolumeclaims /persistentvolumes /pods /podtemplates /resourcequotas /serviceaccounts /services
   storage.k8s.io/csidrivers storage.k8s.io/csinodes storage.k8s.io/storageclasses storage.k8s.io/volumeattachments
   storage.k8s.io/volumeattributesclasses resource.k8s.io/deviceclasses resource.k8s.io/resourceclaims
   resource.k8s.io/resourceclaimtemplates resource.k8s.io/resourceslices`.split(/\s+/),
)

const groups: APIGroupInfo[] = builtinGroups({
  served: (_group, _version, _resource, on) => on,
  enabled: (gate) => gate !== 'GenericWorkload',
  virtual: new Map(),
  handlers: new Map(),
}).map((group) => ({
  ...group,
  resources: group.resources.map((resource) => ({
    ...resource,
    rules: {
      ...resource.rules,
      returnDeletedObject: returnsDeleted.has(`${resource.group}/${resource.resource}`),
    },
  })),
}))

const documents = new OpenApiDocuments({ release: '1.36' })
beforeAll(() => documents.setGroups(groups))

/** Takes off descriptions; `names` are objects whose keys are names and not keywords. */
function bare(value: unknown, names = false): unknown {
  if (Array.isArray(value)) return value.map((item) => bare(item))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => names || key !== 'description' || typeof item !== 'string')
      .map(([key, item]) => [
        key,
        bare(item, !names && ['properties', 'definitions', 'schemas', 'parameters'].includes(key)),
      ]),
  )
}

describe('version 2', () => {
  let got: Json
  beforeAll(async () => {
    got = bare(JSON.parse((await documents.v2()).json.toString())) as Json
  })
  const want = read('v2.json.gz')

  test('info', () => expect(got.info).toEqual(want.info))
  test('paths', () => expect(got.paths).toEqual(want.paths))
  const alternative = "deprecated: use the 'watch' parameter with a list operation instead"
  test.each([
    ['get', '/api/v1/componentstatuses', 'list objects of kind ComponentStatus'],
    ['get', '/api/v1/pods', 'list or watch objects of kind Pod'],
    ['post', '/api/v1/namespaces/{namespace}/endpoints', 'create Endpoints'],
    ['post', '/apis/networking.k8s.io/v1/ingressclasses', 'create an IngressClass'],
    ['get', '/api/v1/watch/pods', `watch individual changes to a list of Pod. ${alternative}.`],
    [
      'get',
      '/api/v1/watch/nodes/{name}',
      `watch changes to an object of kind Node. ${alternative}, filtered to a single item with the 'fieldSelector' parameter.`,
    ],
  ])('%s %s says what it does', async (method, path, description) => {
    const { paths } = JSON.parse((await documents.v2()).json.toString())
    expect(paths[path][method].description).toBe(description)
  })
  test('definitions', () => expect(got.definitions).toEqual(want.definitions))
  test('every reference leads somewhere', () => {
    const text = JSON.stringify(got)
    for (const [, where, name] of text.matchAll(/"\$ref":"#\/(definitions|parameters)\/([^"]+)"/g)) {
      expect(Object.hasOwn(got[where!] as Json, name!), `${where}/${name}`).toBe(true)
    }
  })
})

describe('version 3', () => {
  const names = readdirSync(folder)
    .filter((name) => name.startsWith('v3.'))
    .map((file) => ({ file, name: documentName(file) }))

  test.each(names)('$name', async ({ file, name }) => {
    const document = await documents.v3(name)
    const got = bare(JSON.parse(document!.json.toString())) as Json & { components: Json }
    const want = read(file) as Json & { components: Json }
    expect(got.info).toEqual(want.info)
    expect(got.paths).toEqual(want.paths)
    expect(got.components.schemas).toEqual(want.components.schemas)
  })

  test('the index names these documents and no others', async () => {
    const index = JSON.parse((await documents.index()).toString()) as { paths: Json }
    expect(Object.keys(index.paths).sort()).toEqual(names.map(({ name }) => name).sort())
  })

  /** Files have dots where names have slashes; so do groups. */
  function documentName(file: string): string {
    const name = file.slice('v3.'.length, -'.json.gz'.length)
    const group = /^apis\.(.+?)(?:\.(v\d\w*))?$/.exec(name)
    if (group !== null) return ['apis', group[1], ...(group[2] === undefined ? [] : [group[2]])].join('/')
    if (name.startsWith('.well-known')) return '.well-known/openid-configuration'
    return name.replaceAll('.', '/')
  }
})

test('making documents does not hold the event loop', async () => {
  const fresh = new OpenApiDocuments({ release: '1.36', sliceMs: 2 })
  fresh.setGroups(groups)
  let turns = 0
  const count = setInterval(() => {
    turns++
  }, 0)
  await fresh.v2()
  clearInterval(count)
  expect(turns).toBeGreaterThan(3)
})

test('what could not be made is tried again', async () => {
  let broken = true
  const retried = new OpenApiDocuments({
    release: '1.36',
    descriptions: () => (broken ? Promise.reject(new Error('disk')) : Promise.resolve(undefined)),
  })
  await expect(retried.v3('version')).rejects.toThrow('disk')
  await expect(retried.index()).rejects.toThrow('disk')
  await expect(retried.v2()).rejects.toThrow('disk')
  broken = false
  expect(await retried.v3('version')).toBeDefined()
  expect((await retried.index()).toString()).toContain('/openapi/v3/version?hash=')
  expect((await retried.v2()).json.length).toBeGreaterThan(0)
})

test('alpha and beta versions have documents when they are served', async () => {
  const all = new OpenApiDocuments({ release: '1.36' })
  all.setGroups(builtinGroups({ served: () => true, enabled: () => true, virtual: new Map(), handlers: new Map() }))
  const index = JSON.parse((await all.index()).toString()) as { paths: Json }
  for (const name of [
    'apis/scheduling.k8s.io/v1alpha2',
    'apis/resource.k8s.io/v1alpha3',
    'apis/storagemigration.k8s.io',
  ]) {
    expect(Object.keys(index.paths)).toContain(name)
  }
  const document = JSON.parse((await all.v3('apis/scheduling.k8s.io/v1alpha2'))!.json.toString()) as { paths: Json }
  expect(Object.keys(document.paths)).toContain(
    '/apis/scheduling.k8s.io/v1alpha2/namespaces/{namespace}/podgroups/{name}/status',
  )
})
