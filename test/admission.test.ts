import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createServer, type Server, type ServerOptions } from '../src/index.js'

let folder: string
let running: { server: Server; run: Promise<void> } | undefined
const agent = new Agent({ keepAlive: true, maxSockets: 64, rejectUnauthorized: false })
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kats-admission-'))
  writeFileSync(join(folder, 'tokens.csv'), 'secret,admin,1,system:masters\n')
})
afterEach(async () => {
  await running?.server.close()
  await running?.run
  running = undefined
})
afterAll(() => {
  agent.destroy()
  rmSync(folder, { recursive: true, force: true })
})

async function start(admission: ServerOptions['admission'] = {}): Promise<void> {
  const server = await createServer({ authentication: { tokenAuthFile: join(folder, 'tokens.csv') }, admission })
  const run = server.run()
  await server.ready
  running = { server, run }
}

interface Answer {
  readonly code: number
  readonly body: Record<string, unknown> & { message?: string; metadata: Record<string, unknown> }
}

const ask = (method: string, path: string, body?: object): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: 'Bearer secret', 'content-type': 'application/json' }
    const sent = request(`${running!.server.url}${path}`, { method, headers, agent }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('end', () => resolve({ code: answer.statusCode!, body: JSON.parse(text) }))
      answer.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })

const pods = '/api/v1/namespaces/default/pods'
const pod = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '100m' } } }], ...spec },
})

test('a quota holds under 200 creates at once', async () => {
  await start()
  const quotas = '/api/v1/namespaces/default/resourcequotas'
  const hard = { pods: '37', 'requests.cpu': '100' }
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q' }, spec: { hard } }
  expect((await ask('POST', quotas, quota)).code).toBe(201)
  const status = { hard, used: { pods: '0', 'requests.cpu': '0' } }
  expect((await ask('PUT', `${quotas}/q/status`, { ...quota, status })).code).toBe(200)

  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => ask('POST', pods, pod(`p${i}`))))
  const codes = answers.map(({ code }) => code)
  expect(codes.filter((code) => code === 201)).toHaveLength(37)
  expect(codes.filter((code) => code === 403)).toHaveLength(163)
  expect(answers.find(({ code }) => code === 403)?.body.message).toMatch(
    /^pods "p\d+" is forbidden: exceeded quota: q, requested: pods=1, used: pods=37, limited: pods=37$/,
  )
  const { body } = await ask('GET', `${quotas}/q`)
  expect(body.status).toEqual({ hard, used: { pods: '37', 'requests.cpu': '3700m' } })
  expect(body.metadata.managedFields).toContainEqual(
    expect.objectContaining({ manager: 'kube-apiserver', subresource: 'status' }),
  )
})

test('plugins see what was written a moment ago', async () => {
  await start()
  const classes = '/apis/scheduling.k8s.io/v1/priorityclasses'
  const high = { metadata: { name: 'high' }, value: 5 }
  const wanted = { priorityClassName: 'high' }
  expect((await ask('POST', pods, pod('a', wanted))).body.message).toContain(
    'no PriorityClass with name high was found',
  )
  expect((await ask('POST', classes, high)).code).toBe(201)
  expect((await ask('POST', pods, pod('a', wanted))).body.spec).toMatchObject({ priority: 5 })
  expect((await ask('DELETE', `${classes}/high`)).code).toBe(200)
  expect((await ask('POST', pods, pod('b', wanted))).code).toBe(403)
})

test('plugins are turned on, off and told what to do', async () => {
  const configFile = join(folder, 'admission.yaml')
  writeFileSync(
    configFile,
    `apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: {enforce: baseline}
`,
  )
  await start({
    configFile,
    enable: ['ServiceAccount', 'NamespaceAutoProvision'],
    disable: ['DefaultTolerationSeconds'],
  })
  const account = { metadata: { name: 'default' } }
  expect((await ask('POST', '/api/v1/namespaces/fresh/serviceaccounts', account)).code).toBe(201)
  expect((await ask('GET', '/api/v1/namespaces/fresh')).body.status).toEqual({ phase: 'Active' })
  const { body } = await ask('POST', '/api/v1/namespaces/fresh/pods', pod('a'))
  expect(body.spec).toMatchObject({ serviceAccountName: 'default', serviceAccount: 'default' })
  expect(body.spec).not.toHaveProperty('tolerations')
  const refused = await ask('POST', '/api/v1/namespaces/fresh/pods', pod('b', { hostPID: true }))
  expect(refused.body.message).toBe(
    'pods "b" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)',
  )
})

test('a wrong configuration is refused before anything is served', async () => {
  const configFile = join(folder, 'wrong.yaml')
  writeFileSync(configFile, 'kind: Other\napiVersion: v1\n')
  await expect(start({ configFile })).rejects.toThrow('no kind "Other" is registered for version "v1"')
  await expect(start({ enable: ['Nonsense'] })).rejects.toThrow('enable-admission-plugins plugin "Nonsense" is unknown')
})
