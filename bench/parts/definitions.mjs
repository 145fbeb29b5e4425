// A server with a thousand CustomResourceDefinitions of the size that operators have.
import { load, open, send } from './load.mjs'
import { configMap, path } from './objects.mjs'
import { anonymousMemory, cpuTime, median, startKats } from './processes.mjs'

const json = { 'content-type': 'application/json' }
const bytes = (object) => Buffer.from(JSON.stringify(object))
const groups = 20

/** What many definitions cost: until all are served, in memory, at the next start, and for who reads their objects. */
export async function definitions({ seconds, definitions: count }) {
  const plain = await startKats()
  const withoutThem = plain.ready
  await plain.stop()

  const server = await startKats()
  const session = await open(server.url)
  const auth = { authorization: `Bearer ${server.token}` }
  await settle()
  const before = anonymousMemory(server.pid)
  const idleTime = cpuTime(server.pid)
  const began = performance.now()
  let next = 0
  const worker = async () => {
    while (next < count) {
      const body = bytes(definition(next++))
      await send(session, { ':method': 'POST', ':path': definitionsPath, ...auth, ...json }, body)
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  for (let i = 0; i < count; i++) await established(session, auth, i)
  const took = (performance.now() - began) / 1000
  const busy = (cpuTime(server.pid) - idleTime) / 1000
  await settle()
  const each = (anonymousMemory(server.pid) - before) / count
  session.close()
  await server.stop(true)

  const again = await startKats({ dataDir: server.folder })
  const reads = await compareReads(again, seconds)
  await again.stop()
  const size = (bytes(definition(0)).length / 1024).toFixed(0)
  const row = (what, value, limit, unit) => ({
    what,
    value: `${value.toFixed(2)} ${unit}`,
    target: `at most ${limit} ${unit}`,
    met: value <= limit,
  })
  return [
    {
      ...row(`until ${count} definitions of ${size} KB are served`, took, 20, 's'),
      value: `${took.toFixed(1)} s, ${busy.toFixed(1)} s CPU`,
    },
    row('memory of one of them, idle', each, 0.3, 'MiB'),
    row('start with them, above one without', (again.ready - withoutThem) / 1000, 1, 's'),
    reads,
  ]
}

/** GETs of a custom resource and of a ConfigMap by turns, on one server. */
async function compareReads(server, seconds) {
  const session = await open(server.url)
  const auth = { authorization: `Bearer ${server.token}` }
  const collection = `/apis/g0.test/v1/namespaces/default/kind0s`
  const custom = {
    ...configMap('one'),
    apiVersion: 'g0.test/v1',
    kind: 'Kind0',
    data: undefined,
    spec: { text: 'x'.repeat(700) },
  }
  for (const [at, object] of [
    [collection, custom],
    [path('configmaps'), configMap('one')],
  ])
    await send(session, { ':method': 'POST', ':path': at, ...auth, ...json }, bytes(object))
  session.close()
  const turns = [[], []]
  for (let turn = 0; turn < 5; turn++) {
    for (const [i, at] of [`${collection}/one`, `${path('configmaps')}/one`].entries()) {
      const { rate } = await load({ ...server, seconds: seconds / 3, request: () => ({ headers: { ':path': at } }) })
      turns[i].push(rate)
    }
  }
  const [ours, other] = turns.map(median)
  return {
    what: 'GET a custom resource, beside a ConfigMap',
    value: `${Math.round(ours)}/s of ${Math.round(other)}/s = ${(ours / other).toFixed(2)}`,
    target: 'at least 0.90',
    met: ours / other >= 0.9,
  }
}

async function established(session, auth, i) {
  const headers = { ':path': `/apis/g${i % groups}.test/v1/namespaces/default/kind${i}s?limit=1`, ...auth }
  for (;;) {
    try {
      await send(session, headers)
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

function definition(i) {
  const description = 'A field of some length that is described by a sentence or two, as operators like to do it. '
  const field = {
    type: 'object',
    description: description.repeat(2),
    properties: {
      name: { type: 'string', minLength: 1 },
      count: { type: 'integer', default: 3 },
      list: { type: 'array', items: { type: 'string' } },
    },
  }
  const fields = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`field${n}`, field]))
  const spec = { type: 'object', properties: { text: { type: 'string' }, ...fields } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `kind${i}s.g${i % groups}.test` },
    spec: {
      group: `g${i % groups}.test`,
      scope: 'Namespaced',
      names: { plural: `kind${i}s`, singular: `kind${i}`, kind: `Kind${i}` },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
        },
      ],
    },
  }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 3000))
