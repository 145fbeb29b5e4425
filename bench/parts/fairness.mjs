// What one user suffers from another who asks for ten times the seats there are.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { open, send } from './load.mjs'
import { configMap, path } from './objects.mjs'
import { startKats } from './processes.mjs'

const json = { 'content-type': 'application/json' }
const seats = 30
const group = 'system:serviceaccounts'

const binding = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'bench' },
  subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: group }],
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
}

export async function fairness({ seconds }) {
  const flags = [`--max-requests-inflight=${seats - 10}`, '--max-mutating-requests-inflight=10']
  const server = await startKats({ flags })
  const session = await open(server.url)
  const auth = { authorization: `Bearer ${server.token}` }
  const post = (target, body, who = {}) =>
    send(session, { ':method': 'POST', ':path': target, ...auth, ...who, ...json }, Buffer.from(JSON.stringify(body)))
  await post('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', binding)
  await post(path('configmaps'), configMap('one'))
  /** A service account, whom priority and fairness judges as it judges everybody but administrators. */
  const account = async (name) => {
    await post(path('serviceaccounts'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } })
    const answer = await post(`${path('serviceaccounts')}/${name}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
    })
    return { authorization: `Bearer ${JSON.parse(answer).status.token}` }
  }
  const modest = await account('modest')
  const greedyOne = await account('greedy')
  let made = 0
  const ways = {
    GET: (who) => send(session, { ':path': `${path('configmaps')}/one`, ...auth, ...who }),
    POST: (who) => post(path('configmaps'), configMap(`modest-${made++}`), who),
  }
  const rows = []
  for (const [method, ask] of Object.entries(ways)) {
    await times(ask, modest, seconds / 6)
    const alone = await times(ask, modest, seconds)
    const greedy = fork(fileURLToPath(new URL('./greedy.mjs', import.meta.url)), [
      JSON.stringify({ url: server.url, headers: { ...greedyOne, ...json }, method, inFlight: 10 * seats }),
    ])
    await new Promise((resolve) => greedy.once('message', resolve))
    await times(ask, modest, seconds / 6)
    const beside = await times(ask, modest, seconds)
    const master = await times(ask, {}, seconds / 3)
    greedy.send('stop')
    await new Promise((resolve) => greedy.once('exit', resolve))
    const share = beside.p99 / alone.p99
    rows.push({
      what: `${method} beside ten times the seats, p99`,
      value: `${ms(beside.p99)} of ${ms(alone.p99)} ms alone = ${share.toFixed(1)} (p50 ${ms(beside.p50)} of ${ms(alone.p50)}; masters ${ms(master.p99)}), ${beside.refused + master.refused} refused`,
      target: 'under 5, none refused',
      met: share < 5 && beside.refused + master.refused === 0,
    })
  }
  rows.push(await neverQueued(session, auth))
  session.close()
  await server.stop()
  return rows
}

/** How long requests take, one after the other, and how many are refused. */
async function times(ask, who, seconds) {
  const all = []
  let refused = 0
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    const began = performance.now()
    await ask(who).catch((error) => {
      if (!/: 429/.test(error.message)) throw error
      refused++
    })
    all.push(performance.now() - began)
  }
  all.sort((a, b) => a - b)
  return { p50: all[all.length >> 1], p99: all[Math.floor(all.length * 0.99)], refused }
}

async function neverQueued(session, auth) {
  const page = (await send(session, { ':path': '/metrics', ...auth })).toString()
  const sum = (name, level) =>
    page
      .split('\n')
      .filter((line) => line.startsWith(`apiserver_flowcontrol_${name}{`) && line.includes(`priority_level="${level}"`))
      .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0)
  const waited = sum('request_wait_duration_seconds_count', 'exempt') + sum('rejected_requests_total', 'exempt')
  const dispatched = sum('dispatched_requests_total', 'exempt')
  return {
    what: 'requests of system:masters that were queued',
    value: `${waited} of ${dispatched}`,
    target: 'none',
    met: waited === 0 && dispatched > 0,
  }
}

const ms = (time) => time.toFixed(1)
