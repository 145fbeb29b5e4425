import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createServer, type Server, type ServerOptions } from '../src/index.js'

// biome-ignore lint/suspicious/noExplicitAny: answers of every form
type Json = any

interface Answer {
  readonly code: number
  readonly body: Json
  readonly warnings: string | undefined
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kats-crd-'))
  writeFileSync(join(folder, 'tokens.csv'), 'secret,admin,1,system:masters\n')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let running: { server: Server; run: Promise<void> } | undefined
const start = async (more: ServerOptions = {}): Promise<void> => {
  const server = await createServer({ authentication: { tokenAuthFile: join(folder, 'tokens.csv') }, ...more })
  running = { server, run: server.run() }
  await server.ready
}
const stop = async (): Promise<void> => {
  const ending = running
  running = undefined
  await ending?.server.close()
  await ending?.run
}
afterEach(stop)

const ask = (method: string, path: string, body?: Json, type = 'application/json', accept = 'application/json') =>
  new Promise<Answer>((resolve, reject) => {
    const headers = { authorization: 'Bearer secret', accept, ...(body === undefined ? {} : { 'content-type': type }) }
    const sent = request(`${running!.server.url}${path}`, { method, headers, rejectUnauthorized: false }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('end', () =>
        resolve({
          code: answer.statusCode!,
          body: answered(text),
          warnings: answer.headers.warning as string,
        }),
      )
      answer.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })

/** Watches answer with a line for each event, some errors with plain text. */
const answered = (text: string): Json => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const things = '/apis/example.test/v1/namespaces/default/things'
const specSchema: Json = {
  type: 'object',
  properties: {
    replicas: { type: 'integer', minimum: 0, default: 1 },
    size: { type: 'string', enum: ['small', 'large'] },
    parts: {
      type: 'array',
      items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, at: { type: 'string' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
}
const version = (name: string, more: Json = {}): Json => ({
  name,
  served: true,
  storage: name === 'v1',
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: specSchema,
        status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' } } },
      },
    },
  },
  subresources: {
    status: {},
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
  },
  additionalPrinterColumns: [{ name: 'Size', type: 'string', jsonPath: '.spec.size' }],
  selectableFields: [{ jsonPath: '.spec.size' }],
  ...more,
})
const definition = (versions: Json[] = [version('v1')]): Json => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.test' },
  spec: {
    group: 'example.test',
    scope: 'Namespaced',
    names: { plural: 'things', singular: 'thing', kind: 'Thing', shortNames: ['th'] },
    versions,
  },
})
const thing = (name: string, spec: Json = {}, more: Json = {}): Json => ({
  apiVersion: 'example.test/v1',
  kind: 'Thing',
  metadata: { name, ...more },
  spec,
})
const defined = async (crd: Json = definition()): Promise<void> => {
  expect((await ask('POST', definitions, crd)).code).toBe(201)
}
const eventually = async (check: () => Promise<boolean>): Promise<void> => {
  for (let left = 200; left > 0; left--) {
    if (await check()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('never became true')
}

describe('a custom resource', () => {
  test('is served on the request after the definition', async () => {
    await start()
    await defined()
    const made = await ask('POST', things, thing('one', { size: 'small', what: 1, free: { a: { b: [1] } } }))
    expect(made.code).toBe(201)
    expect(made.body.spec).toEqual({ free: { a: { b: [1] } }, replicas: 1, size: 'small' })
    expect(made.body.metadata.generation).toBe(1)
    expect(made.warnings).toBe('299 - "unknown field \\"spec.what\\""')
    const crd = (await ask('GET', `${definitions}/things.example.test`)).body
    expect(crd.status.conditions.map((c: Json) => `${c.type}=${c.status}`)).toEqual([
      'NamesAccepted=True',
      'Established=True',
    ])
    expect(crd.status.storedVersions).toEqual(['v1'])
  })

  test('is found by what its path says, however it goes on', async () => {
    await start()
    await defined()
    await ask('POST', things, thing('one'))
    const dry = '?dryRun=All'
    const rows: [method: string, path: string, code: number, body?: Json][] = [
      ['GET', `${things}/one/status/more`, 200],
      ['GET', `${things}/one/scale/a/b`, 200],
      ['GET', `${things}/one//status`, 200],
      ['GET', `${things}/one/other`, 404],
      ['GET', `${things}/one?export=true`, 400],
      ['GET', `${things}/one?export=false`, 200],
      ['POST', `${things}/ignored${dry}`, 201, thing('two')],
      ['PUT', things, 400, thing('one')],
      ['GET', '/apis/example.test/v1/proxy/namespaces/default/things/one', 405],
    ]
    for (const [method, path, code, body] of rows)
      expect(`${method} ${path} ${(await ask(method, path, body)).code}`).toBe(`${method} ${path} ${code}`)
  })

  test('is pruned when it is applied, and keeps no null without a type', async () => {
    await start()
    const open = { 'x-kubernetes-preserve-unknown-fields': true }
    const inner = { type: 'object', properties: { known: { type: 'string' } } }
    const spec = { type: 'object', ...open, properties: { inner, any: open } }
    const openAPIV3Schema = { type: 'object', properties: { spec } }
    await defined(definition([version('v1', { schema: { openAPIV3Schema }, selectableFields: [] })]))
    const body = thing('one', { inner: { known: 'a', other: 1 }, any: null, more: null })
    const made = await ask('PATCH', `${things}/one?fieldManager=m`, body, 'application/apply-patch+yaml')
    expect(made.code).toBe(201)
    expect(made.body.spec).toEqual({ inner: { known: 'a' }, more: null })
    expect((await ask('GET', `${things}/one`)).body.spec).toEqual(made.body.spec)
  })

  test('is refused with every problem it has', async () => {
    await start()
    await defined()
    const spec = { size: 'huge', replicas: -1, parts: [{ name: 'a' }, { name: 'a' }, {}] }
    const { code, body } = await ask('POST', things, thing('bad', spec))
    expect(code).toBe(422)
    expect(body.details.causes.map((c: Json) => `${c.field}: ${c.message}`).sort()).toEqual([
      '.spec.replicas: Invalid value: -1: should be a non-negative integer',
      'spec.parts[1]: Duplicate value: {"name":"a"}',
      'spec.parts[2].name: Required value',
      'spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0',
      'spec.size: Unsupported value: "huge": supported values: "small", "large"',
    ])
    expect((await ask('POST', `${things}?fieldValidation=Strict`, thing('bad', { no: 1 }))).code).toBe(400)
  })

  test('takes updates, patches and apply', async () => {
    await start()
    await defined()
    await ask('POST', things, thing('one', { size: 'small' }))
    const merged = await ask('PATCH', `${things}/one`, { spec: { size: 'large' } }, 'application/merge-patch+json')
    expect([merged.body.spec.size, merged.body.metadata.generation]).toEqual(['large', 2])
    const json = [{ op: 'remove', path: '/spec/size' }]
    expect((await ask('PATCH', `${things}/one`, json, 'application/json-patch+json')).body.spec).toEqual({
      replicas: 1,
    })
    expect((await ask('PATCH', `${things}/one`, {}, 'application/strategic-merge-patch+json')).code).toBe(415)

    const apply = (manager: string, parts: Json[], force = '') =>
      ask(
        'PATCH',
        `${things}/one?fieldManager=${manager}${force}`,
        thing('one', { parts }),
        'application/apply-patch+yaml',
      )
    await apply('a', [{ name: 'x', at: '1' }])
    expect((await apply('b', [{ name: 'y', at: '2' }])).body.spec.parts).toEqual([
      { at: '1', name: 'x' },
      { at: '2', name: 'y' },
    ])
    expect((await apply('b', [{ name: 'x', at: '3' }])).body.details.causes[0].field).toBe('.spec.parts[name="x"].at')
    expect((await apply('b', [{ name: 'x', at: '3' }], '&force=true')).body.spec.parts).toEqual([
      { at: '3', name: 'x' },
    ])
  })

  test('has status and scale of its own', async () => {
    await start()
    await defined()
    const made = await ask('POST', things, { ...thing('one'), status: { replicas: 5 } })
    expect(made.body.status).toBeUndefined()
    const status = await ask('PUT', `${things}/one/status`, {
      ...made.body,
      spec: { size: 'large' },
      status: { replicas: 3, selector: 'a=b' },
    })
    expect([status.body.spec, status.body.status.replicas]).toEqual([{ replicas: 1 }, 3])
    expect(status.body.metadata.generation).toBe(1)
    const patch = { spec: { replicas: 7 } }
    const scale = await ask('PATCH', `${things}/one/scale`, patch, 'application/merge-patch+json')
    expect([scale.body.spec, scale.body.status]).toEqual([{ replicas: 7 }, { replicas: 3, selector: 'a=b' }])
    expect((await ask('GET', `${things}/one`)).body.spec.replicas).toBe(7)
  })

  test('is listed by selectors and as a table', async () => {
    await start()
    await defined()
    await ask('POST', things, thing('one', { size: 'small' }, { labels: { a: 'b' } }))
    await ask('POST', things, thing('two', { size: 'large' }))
    const names = async (query: string) =>
      (await ask('GET', `${things}?${query}`)).body.items.map((item: Json) => item.metadata.name)
    expect(await names('labelSelector=a%3Db')).toEqual(['one'])
    expect(await names('fieldSelector=spec.size%3Dlarge')).toEqual(['two'])
    expect((await ask('GET', `${things}?fieldSelector=spec.replicas%3D1`)).code).toBe(400)
    const table = (await ask('GET', things, undefined, undefined, 'application/json;as=Table;v=v1;g=meta.k8s.io')).body
    expect(table.columnDefinitions.map((c: Json) => c.name)).toEqual(['Name', 'Size'])
    expect(table.rows.map((row: Json) => row.cells)).toEqual([
      ['one', 'small'],
      ['two', 'large'],
    ])
  })
})

describe('a definition', () => {
  test('is announced', async () => {
    await start()
    await defined()
    await eventually(async () => (await ask('GET', '/apis/example.test')).code === 200)
    const { resources } = (await ask('GET', '/apis/example.test/v1')).body
    expect(resources.map((r: Json) => r.name)).toEqual(['things', 'things/status', 'things/scale'])
    const document = (await ask('GET', '/openapi/v3/apis/example.test/v1')).body
    expect(document.components.schemas['test.example.v1.Thing'].properties.spec.properties.replicas).toEqual({
      default: 1,
      minimum: 0,
      type: 'integer',
    })
  })

  test('that goes takes its instances along', async () => {
    await start()
    await defined()
    await ask('POST', things, thing('one'))
    await ask('POST', things, thing('held', {}, { finalizers: ['example.test/hold'] }))
    const gone = await ask('DELETE', `${definitions}/things.example.test`)
    expect(gone.body.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io'])
    await eventually(async () => (await ask('GET', `${things}/one`)).code === 404)
    expect((await ask('GET', `${things}/held`)).code).toBe(200)
    expect((await ask('POST', things, thing('late'))).code).toBe(403)
    await ask('PATCH', `${things}/held`, { metadata: { finalizers: null } }, 'application/merge-patch+json')
    await eventually(async () => (await ask('GET', `${definitions}/things.example.test`)).code === 404)
    await eventually(async () => (await ask('GET', things)).code === 404)
  })

  test('that is going looks at how it is to go only when it is asked again', async () => {
    await start()
    const path = `${definitions}/things.example.test`
    await defined()
    await ask('POST', things, thing('held', {}, { finalizers: ['example.test/hold'] }))
    const finalizers = async () =>
      (await ask('DELETE', `${path}?propagationPolicy=Foreground`)).body.metadata.finalizers
    expect(await finalizers()).toEqual(['customresourcecleanup.apiextensions.k8s.io'])
    expect(await finalizers()).toEqual(['customresourcecleanup.apiextensions.k8s.io', 'foregroundDeletion'])
  })

  test('that changes or goes ends the watches of its resources', async () => {
    await start()
    await defined()
    await ask('POST', things, thing('one'))
    const watch = () => ask('GET', `${things}?watch=true`, undefined, undefined, 'application/json')
    const events = ({ body }: Answer) =>
      (typeof body === 'string' ? body : JSON.stringify(body))
        .trim()
        .split('\n')
        .map((line: string) => JSON.parse(line).type)
    const first = watch()
    await new Promise((resolve) => setTimeout(resolve, 100))
    const crd = (await ask('GET', `${definitions}/things.example.test`)).body
    delete crd.spec.versions[0].additionalPrinterColumns
    await ask('PUT', `${definitions}/things.example.test`, crd)
    expect(events(await first)).toEqual(['ADDED'])
    const old = (await ask('GET', `${things}?watch=true&resourceVersion=${crd.metadata.resourceVersion}`)).body
    expect([old.type, old.object.code]).toEqual(['ERROR', 410])
    const second = watch()
    await new Promise((resolve) => setTimeout(resolve, 100))
    await ask('DELETE', `${definitions}/things.example.test`)
    expect(events(await second)).toEqual(['ADDED', 'DELETED'])
  })

  test('whose names are taken waits for them', async () => {
    await start()
    await defined()
    const rival = definition()
    rival.metadata.name = 'rivals.example.test'
    rival.spec.names = { plural: 'rivals', singular: 'rival', kind: 'Thing', listKind: 'ThingList' }
    await defined(rival)
    const rivals = '/apis/example.test/v1/namespaces/default/rivals'
    expect((await ask('GET', rivals)).code).toBe(404)
    await ask('DELETE', `${definitions}/things.example.test`)
    await eventually(async () => (await ask('GET', rivals)).code === 200)
  })

  test('that changes changes what is read', async () => {
    await start()
    await defined()
    await ask('POST', things, thing('one', { size: 'small' }))
    const crd = (await ask('GET', `${definitions}/things.example.test`)).body
    const { properties } = crd.spec.versions[0].schema.openAPIV3Schema.properties.spec
    properties.colour = { type: 'string', default: 'red' }
    delete properties.size
    delete crd.spec.versions[0].additionalPrinterColumns
    delete crd.spec.versions[0].selectableFields
    expect((await ask('PUT', `${definitions}/things.example.test`, crd)).code).toBe(200)
    expect((await ask('GET', `${things}/one`)).body.spec).toEqual({ colour: 'red', replicas: 1 })
  })

  test('serves all its versions', async () => {
    await start()
    const v2 = version('v2', { deprecated: true })
    await defined(definition([version('v1'), v2]))
    await ask('POST', things, thing('one', { size: 'small' }))
    const other = await ask('GET', `${things.replace('v1', 'v2')}/one`)
    expect(other.body.apiVersion).toBe('example.test/v2')
    expect(other.warnings).toBe('299 - "example.test/v2 Thing is deprecated"')
    const written = await ask('POST', things.replace('v1', 'v2'), { ...thing('two'), apiVersion: 'example.test/v2' })
    expect(written.code).toBe(201)
    expect((await ask('GET', things)).body.items.map((i: Json) => i.apiVersion)).toEqual([
      'example.test/v1',
      'example.test/v1',
    ])
  })

  test('is there after a restart', async () => {
    const store = { dataDir: join(folder, 'kept') }
    await start({ store })
    await defined()
    const before = (await ask('POST', things, thing('one', { size: 'small' }))).body
    await stop()
    await start({ store })
    expect((await ask('GET', `${things}/one`)).body).toEqual(before)
    expect((await ask('POST', things, thing('two', { size: 'huge' }))).code).toBe(422)
  })
})
