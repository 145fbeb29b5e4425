import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer, type Server } from '../src/index.js'

// biome-ignore lint/suspicious/noExplicitAny: answers of every form
type Json = any

let folder: string
let server: Server
let run: Promise<void>
/** Milliseconds that others may wait at most. */
let bearable = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kats-rules-'))
  writeFileSync(join(folder, 'tokens.csv'), 'secret,admin,1,system:masters\n')
  server = await createServer({ authentication: { tokenAuthFile: join(folder, 'tokens.csv') } })
  run = server.run()
  await server.ready
  // A machine that is busy makes everything wait: what a request takes while nothing else is asked is part of the bound.
  await ask('GET', '/api/v1/namespaces/default')
  const alone = await longestMeanwhile(() => new Promise((resolve) => setTimeout(resolve, 500)))
  bearable = 450 + 10 * alone.longest
})
afterAll(async () => {
  await server.close()
  await run
  rmSync(folder, { recursive: true, force: true })
})

const ask = (method: string, path: string, body?: Json, type = 'application/json') =>
  new Promise<{ code: number; body: Json; warning: string | undefined }>((resolve, reject) => {
    const headers = { authorization: 'Bearer secret', ...(body === undefined ? {} : { 'content-type': type }) }
    const sent = request(`${server.url}${path}`, { method, headers, rejectUnauthorized: false }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk) => chunks.push(chunk))
      answer.on('end', () =>
        resolve({
          code: answer.statusCode!,
          body: JSON.parse(Buffer.concat(chunks).toString()),
          warning: answer.headers.warning as string | undefined,
        }),
      )
      answer.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const rules = (...texts: string[]) => ({ 'x-kubernetes-validations': texts.map((rule) => ({ rule })) })

let count = 0
/** A definition of a kind of its own, whose spec has this schema. */
function define(spec: Json): { definition: Json; things: string; thing: (spec: Json, name?: string) => Json } {
  const group = `g${++count}.example.com`
  const schema = { type: 'object', properties: { spec } }
  return {
    definition: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `things.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'things', kind: 'Thing' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    },
    things: `/apis/${group}/v1/namespaces/default/things`,
    thing: (spec, name = 'a') => ({ apiVersion: `${group}/v1`, kind: 'Thing', metadata: { name }, spec }),
  }
}

/** The longest time that a request for nothing much took while something else was done. */
async function longestMeanwhile<T>(work: () => Promise<T>): Promise<{ result: T; longest: number }> {
  let working = true
  let longest = 0
  const pinging = (async () => {
    while (working) {
      const began = performance.now()
      await ask('GET', '/api/v1/namespaces/default')
      longest = Math.max(longest, performance.now() - began)
    }
  })()
  const result = await work()
  working = false
  await pinging
  return { result, longest }
}

const ints = { type: 'array', maxItems: 1000, items: { type: 'integer' } }

describe('hostile rules', () => {
  test.each([
    [
      'a cubic one',
      rules('self.l.all(x, self.l.all(y, self.l.all(z, x + y + z > 0)))'),
      'estimated rule cost exceeds budget',
    ],
    ['one of deep parentheses', rules(`${'('.repeat(2000)}true${')'.repeat(2000)}`), 'compilation failed'],
    ['one of deep calls', rules(`${'size('.repeat(2000)}self.l${')'.repeat(2000)} == 1`), 'compilation failed'],
    ['a very long one', rules(`self.l.size() == 0 || ${'true && '.repeat(20_000)}true`), 'compilation failed'],
    ['a pattern that grows', rules("self.s.matches('(((a{1,100}){1,100}){1,100})')"), 'invalid matches argument'],
  ])('%s is refused', async (_, extra, message) => {
    const { definition } = define({ type: 'object', properties: { l: ints, s: { type: 'string' } }, ...extra })
    const { result, longest } = await longestMeanwhile(() => ask('POST', definitions, definition))
    expect(result.code).toBe(422)
    expect(result.body.message).toContain(message)
    expect(longest).toBeLessThan(bearable)
  })

  test('a thousand of them do not hold the others up', async () => {
    const properties = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [`f${i}`, { type: 'string', maxLength: 10, ...rules(`self != 'x${i}'`) }]),
    )
    const { definition, things, thing } = define({ type: 'object', properties })
    const made = await longestMeanwhile(() => ask('POST', definitions, definition))
    expect(made.result.code).toBe(201)
    expect(made.longest).toBeLessThan(bearable)
    const spec = Object.fromEntries(Object.keys(properties).map((name) => [name, 'y']))
    const created = await longestMeanwhile(() => ask('POST', things, thing(spec)))
    expect(created.result.code).toBe(201)
    expect(created.longest).toBeLessThan(bearable)
  })

  test('what costs too much when it runs is given up, and others are served meanwhile', async () => {
    const costly = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [
        `l${i}`,
        { ...ints, maxItems: 500, ...rules(`self.all(x, self.all(y, x + y >= ${i}))`) },
      ]),
    )
    const { definition, things, thing } = define({ type: 'object', properties: costly })
    expect((await ask('POST', definitions, definition)).code).toBe(201)
    const list = Array.from({ length: 340 }, () => 100)
    const spec = Object.fromEntries(Object.keys(costly).map((name) => [name, list]))
    const { result, longest } = await longestMeanwhile(() => ask('POST', things, thing(spec)))
    expect(result.code).toBe(422)
    expect(result.body.message).toContain('validation failed due to running out of cost budget')
    expect(longest).toBeLessThan(bearable)
  })
})

test('defaults are held to the rules', async () => {
  const { definition } = define({
    type: 'object',
    properties: { a: { type: 'integer', default: 1, ...rules('self > 5') } },
  })
  const { code, body } = await ask('POST', definitions, definition)
  expect(code).toBe(422)
  expect(body.message).toContain('properties[a].default: Invalid value: 1: failed rule: self > 5')
})

test('a stored expression may use what new ones may not any more, and keeps its cost', async () => {
  const costly = { type: 'object', properties: { l: { type: 'array', items: { type: 'string' } } } }
  const { definition } = define({ ...costly, ...rules('self.l.all(x, self.l.all(y, x == y))') })
  const refused = await ask('POST', definitions, definition)
  expect(refused.code).toBe(422)
  expect(refused.body.message).toContain('estimated rule cost exceeds budget by factor of more than 100x')
})

test('rules of the status are evaluated when the status changes', async () => {
  const { definition, things, thing } = define({ type: 'object', properties: { a: { type: 'integer' } } })
  const [version] = definition.spec.versions
  version.subresources = { status: {} }
  version.schema.openAPIV3Schema.properties.status = {
    type: 'object',
    properties: { n: { type: 'integer', ...rules('self >= oldSelf') } },
  }
  expect((await ask('POST', definitions, definition)).code).toBe(201)
  expect((await ask('POST', things, thing({ a: 1 }))).code).toBe(201)
  const patch = (n: number) => ask('PATCH', `${things}/a/status`, { status: { n } }, 'application/merge-patch+json')
  expect((await patch(5)).code).toBe(200)
  const { code, body } = await patch(4)
  expect(code).toBe(422)
  expect(body.message).toContain('status.n: Invalid value: 4: failed rule: self >= oldSelf')
})

test('what was wrong before and is not touched is only warned of', async () => {
  const { definition, things, thing } = define({
    type: 'object',
    properties: { a: { type: 'integer' }, b: { type: 'integer' } },
  })
  expect((await ask('POST', definitions, definition)).code).toBe(201)
  expect((await ask('POST', things, thing({ a: 1, b: 1 }))).code).toBe(201)
  const rule = [{ rule: 'self > 5', message: 'over five' }]
  const path = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/a/x-kubernetes-validations'
  const changed = await ask(
    'PATCH',
    `${definitions}/${definition.metadata.name}`,
    [{ op: 'add', path, value: rule }],
    'application/json-patch+json',
  )
  expect(changed.code).toBe(200)
  const patch = (spec: Json) => ask('PATCH', `${things}/a`, { spec }, 'application/merge-patch+json')
  const kept = await patch({ b: 2 })
  expect(kept.code).toBe(200)
  expect(kept.warning).toContain('spec.a: Invalid value: 1: over five')
  expect((await patch({ a: 2 })).code).toBe(422)
})

test('selectors of devices are compiled', async () => {
  const deviceClass = (expression: string) => ({
    apiVersion: 'resource.k8s.io/v1',
    kind: 'DeviceClass',
    metadata: { name: 'gpu' },
    spec: { selectors: [{ cel: { expression } }] },
  })
  const path = '/apis/resource.k8s.io/v1/deviceclasses?dryRun=All'
  for (const good of [
    'device.driver == "gpu.example.com"',
    'device.attributes["gpu.example.com"].model == "x" && device.allowMultipleAllocations',
    'device.capacity["gpu.example.com"].memory.isGreaterThan(quantity("10Gi"))',
    'device.attributes["gpu.example.com"].healthy',
    'cel.bind(a, device.attributes["gpu.example.com"], a.x == 1 || semver(a.y).major() == 2)',
  ])
    expect(await ask('POST', path, deviceClass(good))).toMatchObject({ code: 201 })
  for (const [bad, message] of [
    ['device.nope == 1', "undefined field 'nope'"],
    ['device.driver', 'must evaluate to bool or the unknown type, not string'],
    [
      'device.attributes.exists(a, device.attributes.exists(b, device.attributes.exists(c, device.attributes.exists(d, true))))',
      'too complex, exceeds cost limit',
    ],
  ] as const) {
    const { code, body } = await ask('POST', path, deviceClass(bad))
    expect([code, body.message]).toEqual([422, expect.stringContaining(message)])
  }
})
