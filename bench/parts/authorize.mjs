// What authorization by RBAC adds to a GET, with as many roles and bindings as a large cluster has.
import { load, open, send } from './load.mjs'
import { configMap, path } from './objects.mjs'
import { cpuTime, median, startKats } from './processes.mjs'

const json = { 'content-type': 'application/json' }
const group = '/apis/rbac.authorization.k8s.io/v1'
const apiVersion = 'rbac.authorization.k8s.io/v1'

/** The same GETs of the same user on two servers, turn by turn: one asks RBAC, the other lets everybody in. */
export async function authorize({ seconds, roles, bindings }) {
  const servers = await Promise.all([startKats(), startKats({ flags: ['--authorization-mode=AlwaysAllow'] })])
  const [asking, letting] = await Promise.all(servers.map(prepared))
  await fill(servers[0], roles, bindings)
  const rounds = Math.max(1, Math.round(seconds / 2))
  const costs = [[], []]
  for (let i = 0; i < rounds; i++)
    for (const [n, { server, token }] of [asking, letting].entries()) costs[n].push(await costOf(server, token))
  for (const server of servers) await server.stop()
  const added = median(costs[0]) - median(costs[1])
  const figures = `${median(costs[0]).toFixed(0)} µs CPU, without ${median(costs[1]).toFixed(0)}: ${added.toFixed(1)} µs more`
  return [
    {
      what: `GET with ${roles} roles and ${bindings} bindings`,
      value: figures,
      target: 'at most 5 µs more',
      met: added <= 5,
    },
  ]
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

/** Microseconds of CPU that a GET takes, what was used to warm up left out as far as it can be. */
async function costOf(server, token) {
  const request = () => ({ headers: { ':path': `${path('configmaps')}/one` } })
  const before = cpuTime(server.pid)
  const { count, rate } = await load({ url: server.url, token, seconds: 1, inFlight: 32, request })
  // The load generator's first second is not counted, but is served all the same.
  return ((cpuTime(server.pid) - before) * 1000) / Math.max(1, count + rate)
}
