// What authorization by RBAC adds to a GET, with as many roles and bindings as a large cluster has.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load, open, send } from './load.mjs'
import { configMap, path } from './objects.mjs'
import { cpuTime, median, startKats } from './processes.mjs'

const json = { 'content-type': 'application/json' }
const group = '/apis/rbac.authorization.k8s.io/v1'
const apiVersion = 'rbac.authorization.k8s.io/v1'

/**
 * What the authorizers themselves take for a GET, at the median, and beside it what the whole server takes: the same GETs of the
 * same user on two servers that store the same, turn by turn, of which one asks RBAC and the other lets everybody in.
 */
export async function authorize({ seconds, roles, bindings }) {
  const folder = mkdtempSync(join(tmpdir(), 'kats-authorize-'))
  const file = join(folder, 'times')
  const hook = new URL('./authorizer-times.mjs', import.meta.url).href
  const timed = await startKats({ node: ['--import', hook], environment: { KATS_BENCH_TIMES: file } })
  const reader = await prepared(timed)
  await fill(timed, roles, bindings)
  const micros = await authorizerTime(reader, file, seconds)
  await timed.stop()
  rmSync(folder, { recursive: true })

  const servers = [await startKats(), await startKats({ flags: ['--authorization-mode=AlwaysAllow'] })]
  const [asking, letting] = await Promise.all(servers.map(prepared))
  for (const server of servers) await fill(server, roles, bindings)
  const costs = [[], []]
  // The first round warms both up.
  for (let i = 0; i <= seconds; i++)
    for (const [n, { server, token }] of [asking, letting].entries()) {
      const cost = await costOf(server, token)
      if (i > 0) costs[n].push(cost)
    }
  for (const server of servers) await server.stop()
  const added = median(costs[0].map((cost, i) => cost - costs[1][i]))
  const whole = `${median(costs[0]).toFixed(0)} µs CPU, with AlwaysAllow ${median(costs[1]).toFixed(0)}: ${added.toFixed(1)} µs more`
  const what = `GET with ${roles} roles and ${bindings} bindings`
  return [
    { what: `${what}: authorizers`, value: `${micros.toFixed(1)} µs`, target: 'at most 5 µs', met: micros <= 5 },
    { what: `${what}: server`, value: whole, target: 'at most 5 µs more', met: added <= 5 },
  ]
}

/** Microseconds at the median, as the server itself takes them down. */
async function authorizerTime({ server, token }, file, seconds) {
  const request = () => ({ headers: { ':path': `${path('configmaps')}/one` } })
  const measured = async (time) => {
    await load({ url: server.url, token, seconds: time, inFlight: 8, request })
    process.kill(server.pid, 'SIGUSR2')
    while (!existsSync(file) || readFileSync(file, 'utf8') === '') await new Promise((done) => setTimeout(done, 10))
    const micros = Number(readFileSync(file, 'utf8'))
    rmSync(file)
    return micros
  }
  await measured(1)
  return await measured(seconds / 2)
}

/** A ConfigMap, and a service account that may read it. */
async function prepared(server) {
  const session = await open(server.url)
  const post = poster(session, server.token)
  await post(path('configmaps'), configMap('one'))
  await post(path('serviceaccounts'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'reader' } })
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' }
  const { status } = JSON.parse(await post(`${path('serviceaccounts')}/reader/token`, request))
  const home = `${group}/namespaces/default`
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }]
  await post(`${home}/roles`, { apiVersion, kind: 'Role', metadata: { name: 'reader' }, rules })
  await post(`${home}/rolebindings`, binding('reader', 'reader'))
  session.close()
  return { server, token: status.token }
}

const binding = (name, role) => ({
  apiVersion,
  kind: 'RoleBinding',
  metadata: { name },
  subjects: [{ kind: 'ServiceAccount', name: name === 'reader' ? name : `${name}-user`, namespace: 'default' }],
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role },
})

async function fill(server, roles, bindings) {
  const session = await open(server.url)
  const post = poster(session, server.token)
  const home = `${group}/namespaces/default`
  const resources = ['pods', 'configmaps', 'secrets', 'services', 'endpoints']
  let next = 0
  const worker = async () => {
    while (next < roles + bindings) {
      const i = next++
      const rules = [
        { apiGroups: [''], resources: [resources[i % 5]], verbs: ['get', 'list'], resourceNames: [`x${i}`] },
      ]
      if (i < roles) await post(`${home}/roles`, { apiVersion, kind: 'Role', metadata: { name: `r${i}` }, rules })
      else await post(`${home}/rolebindings`, binding(`b${i}`, `r${i % roles}`))
    }
  }
  await Promise.all(Array.from({ length: 64 }, worker))
  session.close()
}

const poster = (session, token) => (target, body) =>
  send(
    session,
    { ':method': 'POST', ':path': target, authorization: `Bearer ${token}`, ...json },
    Buffer.from(JSON.stringify(body)),
  )

/** Microseconds of CPU that a GET takes. */
async function costOf(server, token) {
  let sent = 0
  const request = () => {
    sent++
    return { headers: { ':path': `${path('configmaps')}/one` } }
  }
  const before = cpuTime(server.pid)
  await load({ url: server.url, token, seconds: 1, inFlight: 32, request })
  return ((cpuTime(server.pid) - before) * 1000) / sent
}
