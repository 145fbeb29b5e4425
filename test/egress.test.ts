import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as httpServer } from 'node:http'
import { createServer as tlsServerOf } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCertificate } from '../src/server/index.js'
import { type LibraryServer, libraryServer } from './support/library-server.js'
import { podOnNode } from './support/pod-on-node.js'
import { type TlsServer, tlsServer } from './support/tls-server.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-egress-'))
const path = join(folder, 'proxy.sock')
const asked: string[] = []
/** A proxy to which everything is on this machine, whatever its name. */
const proxy = httpServer().on('connect', (request, socket) => {
  asked.push(request.url!)
  const there = connect(Number(request.url!.split(':').at(-1)), '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    there.pipe(socket).pipe(there)
  })
  there.on('error', () => socket.destroy())
  socket.on('error', () => there.destroy())
})
const kubelet = tlsServerOf(
  createCertificate({
    commonName: 'kubelet',
    usage: 'server',
    dnsNames: ['node.test'],
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
  }),
  (_, response) => response.end('from the kubelet\n'),
)
let hook: TlsServer
let server: LibraryServer

beforeAll(async () => {
  await new Promise<void>((resolve) => proxy.listen(path, resolve))
  await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve))
  hook = await tlsServer((_, response, body) => {
    const review = JSON.parse(body)
    const answer =
      review.kind === 'SubjectAccessReview'
        ? { ...review, status: { allowed: true } }
        : {
            kind: 'AdmissionReview',
            apiVersion: 'admission.k8s.io/v1',
            response: { uid: review.request.uid, allowed: true },
          }
    response.end(JSON.stringify(answer))
  })
  const selection = (name: string) => ({
    name,
    connection: { proxyProtocol: 'HTTPConnect', transport: { uds: { udsName: path } } },
  })
  const configFile = join(folder, 'egress.json')
  writeFileSync(
    configFile,
    JSON.stringify({
      kind: 'EgressSelectorConfiguration',
      apiVersion: 'apiserver.k8s.io/v1beta1',
      egressSelections: [
        selection('cluster'),
        selection('controlplane'),
        { name: 'etcd', connection: { proxyProtocol: 'Direct' } },
      ],
    }),
  )
  const tokenAuthFile = join(folder, 'tokens.csv')
  writeFileSync(tokenAuthFile, 'root,root,1,system:masters\njane,jane,2,devs\n')
  const kubeConfigFile = join(folder, 'authz.json')
  writeFileSync(
    kubeConfigFile,
    JSON.stringify({
      clusters: [
        {
          name: 'c',
          cluster: {
            server: hook.url,
            'certificate-authority-data': Buffer.from(hook.ca).toString('base64'),
          },
        },
      ],
      contexts: [{ name: 'x', context: { cluster: 'c', user: '' } }],
      'current-context': 'x',
    }),
  )
  server = await libraryServer({
    egress: { configFile },
    authentication: { tokenAuthFile },
    authorization: { modes: ['Webhook'], webhook: { configFile: kubeConfigFile } },
  })
})
afterAll(async () => {
  await server?.stop()
  await hook.close()
  proxy.close()
  kubelet.closeAllConnections()
  kubelet.close()
  rmSync(folder, { recursive: true, force: true })
})

const write = (method: string, where: string, body: object, type = 'application/json') =>
  server.ask(where, { token: 'root', method, body, headers: { 'content-type': type } })

it('asks webhooks of authorization through the proxy of the control plane', async () => {
  asked.length = 0
  expect((await server.ask('/api/v1/namespaces', { token: 'jane' })).code).toBe(200)
  expect(asked).toEqual([new URL(hook.url).host])
})

it('asks webhooks of admission through the proxy of where they are', async () => {
  const port = Number(new URL(hook.url).port)
  const service = { metadata: { name: 'hook' }, spec: { type: 'ExternalName', externalName: 'elsewhere.test' } }
  await write('POST', '/api/v1/namespaces/default/services', service)
  const caBundle = Buffer.from(hook.ca).toString('base64')
  const webhook = (name: string, clientConfig: object) => ({
    name: `${name}.example.com`,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    failurePolicy: 'Ignore',
    clientConfig: { ...clientConfig, caBundle },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
  })
  const configuration = {
    metadata: { name: 'x' },
    webhooks: [
      webhook('url', { url: `${hook.url}/x` }),
      webhook('service', { service: { namespace: 'default', name: 'hook', port } }),
    ],
  }
  const made = await write(
    'POST',
    '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
    configuration,
  )
  expect(made.code, made.text).toBe(201)
  asked.length = 0
  expect((await write('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'a' } })).code).toBe(201)
  expect(asked.sort()).toEqual([`elsewhere.test:${port}`, new URL(hook.url).host].sort())
})

it('reaches kubelets through the proxy of the cluster', async () => {
  const { port } = kubelet.address() as AddressInfo
  await podOnNode(server, port)
  asked.length = 0
  const log = await server.ask('/api/v1/namespaces/default/pods/p/log', { token: 'root' })
  expect(log.text).toBe('from the kubelet\n')
  expect(asked).toEqual([`node.test:${port}`])
})

const tcp = (more: object) => ({ proxyProtocol: 'HTTPConnect', transport: { tcp: more } })
it.each<[what: string, name: string, connection: object, message: string]>([
  ['gRPC to nowhere', 'cluster', { proxyProtocol: 'GRPC' }, 'transport must be set for GRPC'],
  [
    'gRPC over TCP',
    'cluster',
    { proxyProtocol: 'GRPC', transport: { tcp: { url: 'http://p:1' } } },
    'service.connection.uds: Required value: UDS must be set with GRPC',
  ],
  [
    'gRPC over a socket without a name',
    'cluster',
    { proxyProtocol: 'GRPC', transport: { uds: {} } },
    'must be present for UDS connections',
  ],
  ['an unknown protocol', 'cluster', { proxyProtocol: 'SMTP' }, 'supported values: "Direct", "HTTPConnect", "GRPC"'],
  ['no transport', 'cluster', { proxyProtocol: 'HTTPConnect' }, 'transport must be set for HTTPConnect'],
  ['an unknown name', 'moon', { proxyProtocol: 'Direct' }, 'supported values: "cluster", "controlplane", "etcd"'],
  ['TLS without keys', 'cluster', tcp({ url: 'https://p:1', tlsConfig: {} }), 'Using TLS requires clientCert'],
  [
    'keys without TLS',
    'cluster',
    tcp({ url: 'http://p:1', tlsConfig: {} }),
    'config must not be present when using HTTP',
  ],
  ['no URL', 'cluster', tcp({ url: 'p:1' }), 'supported connection protocols are http:// and https://'],
  ['unknown fields', 'cluster', { proxyProtocol: 'Direct', more: 1 }, 'unknown field'],
])('refuses %s', async (_, name, connection, message) => {
  const configFile = join(folder, 'wrong.json')
  const kind = { kind: 'EgressSelectorConfiguration', apiVersion: 'apiserver.k8s.io/v1alpha1' }
  writeFileSync(configFile, JSON.stringify({ ...kind, egressSelections: [{ name, connection }] }))
  await expect(libraryServer({ egress: { configFile } })).rejects.toThrow(message)
})
