// What admission costs a create: the plugins that are on by default, a policy of five expressions, and a webhook beside a bare
// HTTPS request of the same size. The times are the server's own, medians of one request in flight at a time.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { load, open, send } from './load.mjs'
import { path, pod } from './objects.mjs'
import { startKats } from './processes.mjs'

const json = { 'content-type': 'application/json' }
const group = '/apis/admissionregistration.k8s.io/v1'
const ofPods = { apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }

export async function admission({ seconds }) {
  const file = join(mkdtempSync(join(tmpdir(), 'kats-admission-')), 'times')
  const times = new URL('./admission-times.mjs', import.meta.url).href
  const server = await startKats({ node: ['--import', times], environment: { KATS_BENCH_TIMES: file } })
  const hook = await startHook()
  try {
    const [plugins] = await took(server, file, seconds, 'a')
    await post(server, 'validatingadmissionpolicies', policy)
    await post(server, 'validatingadmissionpolicybindings', binding)
    const [withPolicy] = await took(server, file, seconds, 'b')
    await remove(server, 'validatingadmissionpolicybindings/bench')
    await post(server, 'validatingwebhookconfigurations', webhook(hook))
    await createPod(server, 'first')
    writeFileSync(`${file}.bare`, JSON.stringify(hook))
    const [withHook, bare] = await took(server, file, seconds, 'c')
    const called = withHook - plugins
    return [
      row('default plugins, a Pod create', plugins, 60),
      row('a policy of five expressions, a Pod create', withPolicy - plugins, 30),
      {
        what: 'a webhook beside a bare HTTPS request',
        value: `${called.toFixed(0)} µs of ${bare.toFixed(0)} µs = ${(called / bare).toFixed(2)}`,
        target: 'at most 3.00',
        met: called / bare <= 3,
      },
    ]
  } finally {
    hook.stop()
    await server.stop()
    rmSync(dirname(file), { recursive: true, force: true })
  }
}

const row = (what, micros, limit) => ({
  what,
  value: `${micros.toFixed(0)} µs`,
  target: `at most ${limit} µs`,
  met: micros <= limit,
})

const policy = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: 'bench' },
  spec: {
    matchConstraints: { resourceRules: [ofPods] },
    variables: [{ name: 'containers', expression: 'object.spec.containers' }],
    validations: [
      { expression: 'variables.containers.all(c, has(c.image) && c.image != "")' },
      { expression: '!variables.containers.exists(c, c.image.endsWith(":forbidden"))' },
      { expression: 'has(object.metadata.name) && object.metadata.name.size() < 60' },
      { expression: '!has(object.spec.hostNetwork) || !object.spec.hostNetwork' },
      { expression: "request.operation == 'CREATE' && request.namespace == namespaceObject.metadata.name" },
    ],
  },
}
const binding = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name: 'bench' },
  spec: { policyName: 'bench', validationActions: ['Deny'] },
}
const webhook = ({ url, caBundle }) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: 'bench' },
  webhooks: [
    {
      name: 'hook.bench.test',
      clientConfig: { url, caBundle },
      rules: [ofPods],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
    },
  ],
})

const post = (server, resource, object) => call(server, 'POST', resource, Buffer.from(JSON.stringify(object)))
const remove = (server, resource) => call(server, 'DELETE', resource)

const createPod = (server, name) => call(server, 'POST', undefined, Buffer.from(JSON.stringify(pod(name))))

async function call(server, method, resource, body) {
  const session = await open(server.url)
  const where = resource === undefined ? path('pods') : `${group}/${resource}`
  const headers = { ':method': method, ':path': where, authorization: `Bearer ${server.token}`, ...json }
  await send(session, headers, body)
  session.close()
}

/** Microseconds that admission took of a Pod's create, one at a time, at the median; and those of a bare request. */
async function took(server, file, seconds, prefix) {
  const creating = (name) => (i) => ({
    headers: { ':method': 'POST', ':path': path('pods'), ...json },
    body: Buffer.from(JSON.stringify(pod(`${name}${i}`))),
  })
  const one = { ...server, inFlight: 1, connections: 1 }
  await load({ ...one, seconds: seconds / 3, request: creating(`${prefix}-warm`) })
  await medians(server, file)
  // Others may use the machine too: the quietest of several turns counts.
  const turns = []
  for (let turn = 0; turn < 3; turn++) {
    await load({ ...one, seconds: seconds / 3, request: creating(`${prefix}-${turn}-`) })
    turns.push(await medians(server, file))
  }
  return turns.sort(([a], [b]) => a - b)[0]
}

/** Of what the server has taken down since it was asked last. */
async function medians({ pid }, file) {
  rmSync(file, { force: true })
  process.kill(pid, 'SIGUSR2')
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await new Promise((resolve) => setTimeout(resolve, 10))
  return readFileSync(file, 'utf8').split(' ').map(Number)
}

async function startHook() {
  const script = fileURLToPath(new URL('./hook.mjs', import.meta.url))
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const line = await new Promise((resolve) => {
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
      const found = /port (\d+) (\S+)\n/.exec(text)
      if (found !== null) resolve(found)
    })
  })
  return { url: `https://localhost:${line[1]}/allow`, caBundle: line[2], stop: () => child.kill() }
}
