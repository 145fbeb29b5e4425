// kats beside a kube-apiserver with an etcd of its own, on this machine, by the same load generator, in one run. Both are
// asked over TLS and HTTP/2 by a user whose token is in a file and whom RBAC allows everything. Name the executable:
//   KATS_BENCH_KUBE_APISERVER=/path/to/kube-apiserver node bench/run.mjs --only=beside
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasEtcd, startEtcd } from './etcd.mjs'
import { fanOutRate } from './fan-out.mjs'
import { load, open, send } from './load.mjs'
import { configMap, path, pod } from './objects.mjs'
import { cpuTime, freePort, median, startKats } from './processes.mjs'

const json = { 'content-type': 'application/json' }
const bytes = (object) => Buffer.from(JSON.stringify(object))
const tokens = 'admin-token,admin,1,"system:masters"\nbench-token,bench,2\n'

export async function beside(settings) {
  const executable = process.env.KATS_BENCH_KUBE_APISERVER
  const skipped = (value) => [{ what: 'beside a kube-apiserver', value, target: 'none', met: true }]
  if (executable === undefined) return skipped('KATS_BENCH_KUBE_APISERVER names none: skipped')
  if (!hasEtcd()) return skipped('there is no etcd on PATH: skipped')
  const folder = mkdtempSync(join(tmpdir(), 'kats-beside-'))
  const tokenFile = join(folder, 'tokens.csv')
  writeFileSync(tokenFile, tokens)
  const servers = [() => ours(tokenFile), () => theirs(executable, tokenFile, folder)]
  const rows = new Map()
  const add = (all) => {
    for (const [what, value] of all) rows.set(what, [...(rows.get(what) ?? []), value])
  }
  try {
    // In turns, each time with new servers: neither has the other's work beside it.
    for (const part of [small, pods]) for (const start of servers) add(await part(start, settings))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return Array.from(rows, ([what, [kats, kubeApiserver]]) => ({
    what,
    value: `${kats} | ${kubeApiserver}`,
    target: 'none',
    met: true,
  }))
}

/** What needs no more than a few objects. */
async function small(start, { seconds, watchers, starts }) {
  const readyTimes = []
  let server
  for (let i = 0; i < Math.min(starts, 3); i++) {
    await server?.stop()
    server = await start()
    readyTimes.push(server.ready)
  }
  const rows = [['start to ready', `${Math.round(median(readyTimes))} ms`]]
  await settle()
  rows.push(['resident memory, idle', server.memory()])
  const { session, auth } = await allowed(server)
  const one = `${path('configmaps')}/one`
  await send(session, { ':method': 'POST', ':path': path('configmaps'), ...auth, ...json }, bytes(configMap('one')))
  rows.push(['GET a ConfigMap of 1 KB', await rate(server, seconds, () => ({ headers: { ':path': one } }))])
  const create = (i) => ({
    headers: { ':method': 'POST', ':path': path('configmaps'), ...json },
    body: bytes(configMap(`b${i}`)),
  })
  rows.push(['POST a ConfigMap', await rate(server, seconds, create)])
  const applied = bytes(configMap('applied'))
  const headers = {
    ':method': 'PATCH',
    ':path': `${path('configmaps')}/applied?fieldManager=bench&force=true`,
    'content-type': 'application/apply-patch+yaml',
  }
  await send(session, { ...headers, ...auth }, applied)
  const apply = () => ({ headers, body: applied })
  rows.push(['apply a ConfigMap, unchanged', await rate(server, seconds, apply)])
  rows.push([`watch fan-out to ${watchers} watchers`, await fanOut(server, session, auth, { seconds, watchers })])
  session.close()
  await server.stop()
  return rows
}

/** What needs many. */
async function pods(start, { seconds, pods: count }) {
  const server = await start()
  const { session, auth } = await allowed(server)
  const create = (name) => ({ headers: { ':method': 'POST', ':path': path('pods'), ...json }, body: bytes(pod(name)) })
  const rows = [['POST a Pod', await rate(server, seconds, (i) => create(`b${i}`))]]
  const { metadata } = JSON.parse(await send(session, { ':path': `${path('pods')}?limit=1`, ...auth }))
  let left = count - 1 - (metadata.remainingItemCount ?? 0)
  const worker = async () => {
    while (left > 0) {
      const { headers, body } = create(`fill${left--}`)
      await send(session, { ...headers, ...auth }, body)
    }
  }
  await Promise.all(Array.from({ length: 64 }, worker))
  await settle()
  rows.push([`resident memory with ${count} Pods`, server.memory()])
  const list = () => ({ headers: { ':path': `${path('pods')}?limit=500` } })
  rows.push(['LIST 500 Pods', await rate(server, seconds, list, 16)])
  session.close()
  await server.stop()
  return rows
}

async function rate(server, seconds, request, inFlight) {
  let sent = 0
  const before = server.cpu()
  const counted = (i) => {
    sent++
    return request(i)
  }
  const result = await load({ url: server.url, token: server.token, seconds, inFlight, request: counted })
  const cpu = ((server.cpu() - before) * 1000) / sent
  const times = `p50 ${result.median.toFixed(1)} p99 ${result.p99.toFixed(1)} ms`
  return `${Math.round(result.rate)}/s, ${times}, ${Math.round(cpu)} µs CPU`
}

async function fanOut(server, session, auth, { seconds, watchers }) {
  const put = { ':method': 'PUT', ':path': `${path('configmaps')}/one`, ...auth, ...json }
  let changes = 0
  const change = () =>
    send(session, put, bytes({ ...configMap('one'), data: { i: String(changes++).padStart(700, '0') } }))
  const { metadata } = JSON.parse(await change())
  const headers = {
    ':path': `${path('configmaps')}?watch=true&resourceVersion=${metadata.resourceVersion}`,
    ...auth,
  }
  const events = await fanOutRate({ url: server.url, headers, watchers, seconds, change })
  return `${Math.round(events)} events/s`
}

async function ours(tokenFile) {
  const server = await startKats({ flags: [`--token-auth-file=${tokenFile}`] })
  return {
    ...server,
    token: 'bench-token',
    admin: 'admin-token',
    cpu: () => cpuTime(server.pid),
    memory: () => `${resident(server.pid)} MiB`,
  }
}

async function theirs(executable, tokenFile, folder) {
  const etcd = await startEtcd()
  const key = join(folder, 'sa.key')
  execFileSync('openssl', ['genrsa', '-out', key, '2048'], { stdio: 'ignore' })
  const port = await freePort()
  const flags = [
    `--secure-port=${port}`,
    '--bind-address=127.0.0.1',
    `--cert-dir=${join(folder, 'certs')}`,
    `--etcd-servers=${etcd.url}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${key}`,
    `--service-account-key-file=${key}`,
    `--token-auth-file=${tokenFile}`,
    '--authorization-mode=Node,RBAC',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--disable-admission-plugins=ServiceAccount',
  ]
  const began = performance.now()
  const child = spawn(executable, flags, { stdio: 'ignore' })
  const url = `https://127.0.0.1:${port}`
  await readyAt(url, child)
  return {
    url,
    token: 'bench-token',
    admin: 'admin-token',
    ready: performance.now() - began,
    cpu: () => cpuTime(child.pid) + cpuTime(etcd.pid),
    memory: () => `${resident(child.pid)} + ${resident(etcd.pid)} MiB`,
    async stop() {
      child.kill('SIGKILL')
      await new Promise((resolve) => child.once('exit', resolve))
      await etcd.stop()
    },
  }
}

async function readyAt(url, child) {
  for (let i = 0; i < 3_000; i++) {
    if (child.exitCode !== null) throw new Error(`kube-apiserver ended with ${child.exitCode}`)
    const isReady = await open(url).then(
      async (session) => {
        const answer = await send(session, { ':path': '/readyz', authorization: 'Bearer admin-token' }).catch(() => '')
        session.destroy()
        return answer.toString() === 'ok'
      },
      () => false,
    )
    if (isReady) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('kube-apiserver did not become ready')
}

/** Lets the user of the bench do everything, by RBAC. */
async function allowed({ url, token, admin }) {
  const session = await open(url)
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'bench' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bench' }],
  }
  const bindings = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings'
  const headers = { ':method': 'POST', ':path': bindings, authorization: `Bearer ${admin}`, ...json }
  await send(session, headers, bytes(binding))
  const auth = { authorization: `Bearer ${token}` }
  // RBAC hears of it by a watch; the namespace is made behind readiness.
  for (let i = 0; i < 200; i++) {
    const answer = await send(session, { ':path': '/api/v1/namespaces/default', ...auth }).catch(() => undefined)
    if (answer !== undefined) return { session, auth }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the user of the bench is not allowed anything')
}

/** Resident memory in MiB, shared pages included. */
function resident(pid) {
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024)
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 3000))
