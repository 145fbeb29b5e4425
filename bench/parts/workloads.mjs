// The workloads and their floors: the table of ARCHITECTURE.md, "Speed".
import { admission } from './admission.mjs'
import { authorize } from './authorize.mjs'
import { beside } from './beside.mjs'
import { definitions } from './definitions.mjs'
import { barePuts, hasEtcd, startEtcd, storedValue } from './etcd.mjs'
import { fairness } from './fairness.mjs'
import { fanOutRate } from './fan-out.mjs'
import { load, open, send } from './load.mjs'
import { configMap, definition, deployment, path, pod, thing } from './objects.mjs'
import { anonymousMemory, cpuTime, idleNode, median, startFloor, startKats, timeNode } from './processes.mjs'
import { protobuf } from './protobuf.mjs'

const json = { 'content-type': 'application/json' }
const bytes = (object) => Buffer.from(JSON.stringify(object))

export const workloads = {
  get: getWorkload,
  list,
  post,
  admission,
  apply,
  ownership,
  rules,
  watch: fanOut,
  protobuf,
  fairness,
  authorize,
  definitions,
  etcd,
  start,
  memory,
  beside,
}

async function getWorkload({ seconds }) {
  const server = await startKats()
  const session = await open(server.url)
  const auth = { authorization: `Bearer ${server.token}` }
  await send(session, { ':method': 'POST', ':path': path('configmaps'), ...auth, ...json }, bytes(configMap('one')))
  const body = await send(session, { ':path': `${path('configmaps')}/one`, ...auth })
  session.close()
  const request = () => ({ headers: { ':path': `${path('configmaps')}/one` } })
  const ours = await measured(server, () => load({ ...server, seconds, request }))
  await server.stop()
  const floor = await startFloor('get', body)
  const bare = await measured(floor, () => load({ url: floor.url, seconds, request }))
  await floor.stop()
  return [ratio(`GET a ConfigMap of ${body.length} bytes`, ours, bare, 0.6)]
}

async function list({ seconds, pods }) {
  const server = await startKats()
  await fill(server, Math.min(pods, 5_000))
  const auth = { authorization: `Bearer ${server.token}` }
  const session = await open(server.url)
  const headers = { ':path': `${path('pods')}?limit=500` }
  const body = await send(session, { ...headers, ...auth })
  session.close()
  const request = () => ({ headers })
  const ours = await measured(server, () => load({ ...server, seconds, inFlight: 16, request }))
  await server.stop()
  const floor = await startFloor('get', body)
  const bare = await measured(floor, () => load({ url: floor.url, seconds, inFlight: 16, request }))
  await floor.stop()
  return [ratio(`LIST 500 Pods (${(body.length / 1e6).toFixed(1)} MB)`, ours, bare, 0.6)]
}

async function post({ seconds }) {
  const rows = []
  for (const [what, make, plural, target] of [
    ['POST a ConfigMap', configMap, 'configmaps', 0.4],
    ['POST a Pod', pod, 'pods', 0.25],
  ]) {
    const request = (i) => ({
      headers: { ':method': 'POST', ':path': path(plural), ...json },
      body: bytes(make(`b${i}`)),
    })
    const server = await startKats()
    const ours = await measured(server, () => load({ ...server, seconds, request }))
    await server.stop()
    const floor = await startFloor('write')
    const bare = await measured(floor, () => load({ url: floor.url, seconds, request }))
    await floor.stop()
    rows.push(ratio(what, ours, bare, target))
  }
  return rows
}

/** Servers over an etcd of their own: reads beside the embedded store, creates beside a bare client of the same etcd. */
async function etcd({ seconds, pods }) {
  if (!hasEtcd()) return [{ what: 'over etcd', value: 'there is no etcd on PATH', target: 'none', met: true }]
  const create = (i) => ({
    headers: { ':method': 'POST', ':path': path('configmaps'), ...json },
    body: bytes(configMap(`b${i}`)),
  })
  const get = () => ({ headers: { ':path': `${path('configmaps')}/one` } })
  const list = () => ({ headers: { ':path': `${path('pods')}?limit=500` } })
  const prepare = async (server) => {
    await fill(server, Math.min(pods, 5_000))
    const session = await open(server.url)
    const auth = { authorization: `Bearer ${server.token}` }
    await send(session, { ':method': 'POST', ':path': path('configmaps'), ...auth, ...json }, bytes(configMap('one')))
    session.close()
  }
  const backend = await startEtcd()
  const embedded = await startKats()
  const server = await startKats({ flags: ['--etcd-servers', backend.url] })
  await prepare(embedded)
  await prepare(server)
  // In turns: neither a machine nor a disk is the same from one second to the next.
  const turns = { ours: [], bare: [], gets: [[], []], lists: [[], []] }
  for (let turn = 0; turn < 5; turn++) {
    for (const [i, one] of [embedded, server].entries()) {
      turns.gets[i].push(await measured(one, () => load({ ...one, seconds: seconds / 3, request: get })))
      turns.lists[i].push(
        await measured(one, () => load({ ...one, seconds: seconds / 3, inFlight: 16, request: list })),
      )
    }
  }
  await embedded.stop()
  for (let turn = 0; turn < 5; turn++) {
    const request = (i) => ({ ...create(i), body: bytes(configMap(`t${turn}-${i}`)) })
    turns.ours.push(await measured(server, () => load({ ...server, seconds: seconds / 3, request })))
    const value = await storedValue(backend.url, `/registry/configmaps/default/t${turn}-0`)
    turns.bare.push(await barePuts(backend.url, { seconds: seconds / 3, value, name: `t${turn}-` }))
  }
  const middle = (runs) => ({
    rate: median(runs.map(({ rate }) => rate)),
    cpu: median(runs.map(({ cpu }) => cpu)),
  })
  const [embeddedGet, ourGet] = turns.gets.map(middle)
  const [embeddedList, ourList] = turns.lists.map(middle)
  await server.stop()
  await backend.stop()
  return [
    ratio('GET over etcd, beside embedded', ourGet, embeddedGet, 0.6),
    ratio('LIST 500 over etcd, beside embedded', ourList, embeddedList, 0.9),
    ratio('POST a ConfigMap over etcd, beside bare creates', middle(turns.ours), { rate: median(turns.bare) }, 0.7),
  ]
}

/** Applies that change nothing, beside the floor's merge patches of the same object. */
async function apply({ seconds }) {
  const rows = []
  for (const [what, object, collection] of [
    ['apply a ConfigMap, unchanged', configMap('one'), path('configmaps')],
    ['apply a Deployment, unchanged', deployment('one'), `/apis/apps/v1/namespaces/default/deployments`],
  ]) {
    const body = bytes(object)
    const headers = {
      ':method': 'PATCH',
      ':path': `${collection}/one?fieldManager=bench&force=true`,
      'content-type': 'application/apply-patch+yaml',
    }
    const request = () => ({ headers, body })
    const server = await startKats()
    const session = await open(server.url)
    const stored = await send(session, { ...headers, authorization: `Bearer ${server.token}` }, body)
    session.close()
    const ours = await measured(server, () => load({ ...server, seconds, request }))
    await server.stop()
    const floor = await startFloor('patch', stored)
    const bare = await measured(floor, () => load({ url: floor.url, seconds, request }))
    await floor.stop()
    rows.push(ratio(what, ours, bare, 0.35))
  }
  return rows
}

/**
 * What it costs to know who owns which field: creates beside those of a server that does not track it. The two differ by so
 * little that they take turns, and the median of their turns counts.
 */
async function ownership({ seconds }) {
  const rows = []
  for (const [what, make, plural] of [
    ['POST a ConfigMap with managedFields', configMap, 'configmaps'],
    ['POST a Pod with managedFields', pod, 'pods'],
  ]) {
    const servers = [await startKats(), await startKats({ node: ['--import', withoutOwnership] })]
    await checkOwnership(servers)
    const turns = [[], []]
    for (let turn = 0; turn < 5; turn++) {
      const request = (i) => ({
        headers: { ':method': 'POST', ':path': path(plural), ...json },
        body: bytes(make(`t${turn}-${i}`)),
      })
      for (const [i, server] of servers.entries())
        turns[i].push(await measured(server, () => load({ ...server, seconds: seconds / 3, request })))
    }
    for (const server of servers) await server.stop()
    const [ours, bare] = turns.map((all) => ({
      rate: median(all.map(({ rate }) => rate)),
      cpu: median(all.map(({ cpu }) => cpu)),
    }))
    const row = ratio(what, ours, bare, 0.75)
    rows.push({ ...row, value: `${row.value}, without ${Math.round(bare.cpu)}` })
  }
  return rows
}

/** Creates of a custom resource whose schema has thirty rules, beside those of one that has none; they take turns. */
async function rules({ seconds }) {
  const servers = []
  for (const count of [30, 0]) {
    const server = await startKats()
    const session = await open(server.url)
    const auth = { authorization: `Bearer ${server.token}` }
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    await send(session, { ':method': 'POST', ':path': definitions, ...auth, ...json }, bytes(definition(count)))
    session.close()
    servers.push(server)
  }
  const things = '/apis/bench.example.com/v1/namespaces/default/things'
  const turns = [[], []]
  for (let turn = 0; turn < 3; turn++) {
    const request = (i) => ({
      headers: { ':method': 'POST', ':path': things, ...json },
      body: bytes(thing(`t${turn}-${i}`)),
    })
    for (const [i, server] of servers.entries())
      turns[i].push(await measured(server, () => load({ ...server, seconds: seconds / 2, request })))
  }
  for (const server of servers) await server.stop()
  const [ours, bare] = turns.map((all) => ({
    rate: median(all.map(({ rate }) => rate)),
    cpu: median(all.map(({ cpu }) => cpu)),
  }))
  const row = ratio('POST a custom resource with 30 rules', ours, bare, 0.5)
  return [{ ...row, value: `${row.value}, without ${Math.round(bare.cpu)}` }]
}

/** The hook that switches it off looks for a name in the bundle: better to fail than to compare equals. */
async function checkOwnership(servers) {
  const tracked = await Promise.all(
    servers.map(async ({ url, token }) => {
      const session = await open(url)
      const headers = { ':method': 'POST', ':path': path('configmaps'), authorization: `Bearer ${token}`, ...json }
      const { metadata } = JSON.parse(await send(session, headers, bytes(configMap('check'))))
      session.close()
      return metadata.managedFields !== undefined
    }),
  )
  if (!tracked[0] || tracked[1])
    throw new Error(`managedFields are ${tracked[0] ? 'on' : 'off'} where they should not be`)
}

const withoutOwnership = new URL('./without-ownership.mjs', import.meta.url).href

/** Events a second that reach all watchers of a namespace together, while objects change one by one or several at a time. */
async function fanOut({ seconds, watchers }) {
  const rows = []
  for (const atATime of [1, 8]) {
    const { ours, size } = await ourFanOut({ seconds, watchers, atATime })
    const bare = await bareFanOut({ seconds, watchers, atATime, size })
    rows.push({
      what: `watch fan-out to ${watchers}, ${atATime === 1 ? 'one change' : `${atATime} changes`} at a time`,
      value: `${Math.round(ours)}/s of ${Math.round(bare)}/s = ${(ours / bare).toFixed(2)}`,
      target: 'at least 0.60',
      met: ours / bare >= 0.6,
    })
  }
  return rows
}

async function ourFanOut({ seconds, watchers, atATime }) {
  const server = await startKats()
  const session = await open(server.url)
  const auth = { authorization: `Bearer ${server.token}` }
  const nameOf = (writer) => `writer-${writer}`
  let size = 0
  let changes = 0
  // Each change differs from the one before: one that changes nothing is no event.
  const change = (writer) =>
    send(
      session,
      { ':method': 'PUT', ':path': `${path('configmaps')}/${nameOf(writer)}`, ...auth, ...json },
      bytes({ ...configMap(nameOf(writer)), data: { i: String(changes++).padStart(700, '0') } }),
    ).then((body) => {
      size = body.length
    })
  const create = { ':method': 'POST', ':path': path('configmaps'), ...auth, ...json }
  for (let writer = 0; writer < atATime; writer++) await send(session, create, bytes(configMap(nameOf(writer))))
  await change(0)
  const watchPath = `${path('configmaps')}?watch=true&resourceVersion=${await newest(session, auth)}`
  const headers = { ':path': watchPath, ...auth }
  const ours = await fanOutRate({ url: server.url, headers, watchers, seconds, atATime, change })
  session.close()
  await server.stop()
  return { ours, size }
}

async function bareFanOut({ seconds, watchers, atATime, size }) {
  const event = Buffer.concat([
    Buffer.from('{"type":"MODIFIED","object":'),
    Buffer.alloc(size, 'x'),
    Buffer.from('}\n'),
  ])
  const floor = await startFloor('watch', event)
  const writer = await open(floor.url)
  const bare = await fanOutRate({
    url: floor.url,
    headers: { ':path': '/' },
    watchers,
    seconds,
    atATime,
    change: () => send(writer, { ':method': 'POST', ':path': '/' }, Buffer.from('{}')),
  })
  writer.close()
  await floor.stop()
  return bare
}

async function start({ starts }) {
  const times = []
  for (let i = 0; i < starts; i++) {
    const server = await startKats()
    times.push(server.ready)
    await server.stop()
  }
  const ours = median(times)
  const node = await timeNode('0')
  return [
    {
      what: 'start to ready, on empty data',
      value: `${Math.round(ours)} ms, node -e 0 ${Math.round(node)} ms: ${Math.round(ours - node)} ms above`,
      target: 'at most 400 ms above',
      met: ours - node <= 400,
    },
  ]
}

async function memory({ pods, idleWatchers }) {
  const empty = idleNode()
  const server = await startKats()
  await settle()
  const idle = anonymousMemory(server.pid) - anonymousMemory(empty.pid)
  empty.stop()
  await fill(server, pods)
  await settle()
  const filled = anonymousMemory(server.pid)
  await server.stop(true)
  const again = await startKats({ dataDir: server.folder })
  await settle()
  const before = anonymousMemory(again.pid)
  const sessions = await Promise.all(Array.from({ length: 50 }, () => open(again.url)))
  const auth = { authorization: `Bearer ${again.token}` }
  const rv = await newest(sessions[0], auth)
  await Promise.all(
    Array.from({ length: idleWatchers }, (_, i) => {
      const stream = sessions[i % 50].request({
        ':path': `${path('secrets')}?watch=true&resourceVersion=${rv}`,
        ...auth,
      })
      stream.on('error', () => {})
      return new Promise((resolve) => stream.on('response', resolve))
    }),
  )
  await settle()
  const perWatcher = ((anonymousMemory(again.pid) - before) * 1024) / idleWatchers
  for (const session of sessions) session.destroy()
  await again.stop()
  const row = (what, value, limit, unit) => ({
    what,
    value: `${value.toFixed(1)} ${unit}`,
    target: `at most ${limit} ${unit}`,
    met: value <= limit,
  })
  return [
    row('memory idle, above an idle node', idle, 60, 'MiB'),
    row(`memory after ${pods} Pods were created, above idle`, filled - idle - nodeBase, 40, 'MiB'),
    row(`memory with ${pods} Pods stored, after a restart, above idle`, before - idle - nodeBase, 40, 'MiB'),
    row(`memory of one of ${idleWatchers} idle watchers`, perWatcher, 10, 'KiB'),
  ]
}

/** What an idle node has of its own; measured once in this process's like. */
const nodeBase = (() => {
  const node = idleNode()
  const until = Date.now() + 300
  while (Date.now() < until);
  const own = anonymousMemory(node.pid)
  node.stop()
  return own
})()

const settle = () => new Promise((resolve) => setTimeout(resolve, 3000))

async function newest(session, auth) {
  const answer = await send(session, { ':path': `${path('secrets')}?limit=1`, ...auth })
  return JSON.parse(answer).metadata.resourceVersion
}

async function fill(server, count) {
  const session = await open(server.url)
  const auth = { authorization: `Bearer ${server.token}` }
  let next = 0
  const worker = async () => {
    while (next < count) {
      const body = bytes(pod(`p${String(next++).padStart(6, '0')}`))
      await send(session, { ':method': 'POST', ':path': path('pods'), ...auth, ...json }, body)
    }
  }
  await Promise.all(Array.from({ length: 64 }, worker))
  session.close()
}

async function measured(server, run) {
  const before = cpuTime(server.pid)
  const result = await run()
  return { ...result, cpu: ((cpuTime(server.pid) - before) * 1000) / Math.max(1, result.count * 1.15) }
}

function ratio(what, ours, bare, target) {
  const share = ours.rate / bare.rate
  const figures = `${Math.round(ours.rate)}/s of ${Math.round(bare.rate)}/s = ${share.toFixed(2)}`
  return {
    what,
    value: `${figures}, ~${Math.round(ours.cpu)} µs CPU each`,
    target: `at least ${target.toFixed(2)}`,
    met: share >= target,
  }
}
