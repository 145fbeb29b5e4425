import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type PeerCertificate } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createServer, type Server } from '../src/index.js'
import { type CertificateOptions, createCertificate, type PemPair } from '../src/server/index.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-certificates-'))
const path = (name: string): string => join(folder, name)
const certificate = (options: Pick<CertificateOptions, 'commonName' | 'usage'>, authority?: PemPair): PemPair =>
  createCertificate(
    {
      dnsNames: ['localhost'],
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 3.6e6),
      ...options,
    },
    authority,
  )
const authority = (commonName: string): PemPair => certificate({ commonName, usage: 'authority' })
const client = (commonName: string, by: PemPair): PemPair => certificate({ commonName, usage: 'client' }, by)

function write(name: string, { cert, key }: PemPair): void {
  writeFileSync(path(`${name}.key`), key)
  writeFileSync(path(`${name}.crt`), cert)
}

const people = [authority('people-1'), authority('people-2')] as const
const proxies = [authority('proxies-1'), authority('proxies-2')] as const
let server: Server
let run: Promise<void>

beforeAll(async () => {
  write('serving', certificate({ commonName: 'serving-1', usage: 'server' }))
  write('named', certificate({ commonName: 'named-1', usage: 'server' }))
  write('people', people[0])
  write('proxies', proxies[0])
  server = await createServer({
    secureServing: {
      certificate: { kind: 'files', certFile: path('serving.crt'), keyFile: path('serving.key') },
      sniCertificates: [
        { pair: { kind: 'files', certFile: path('named.crt'), keyFile: path('named.key') }, names: ['named.test'] },
      ],
    },
    authentication: {
      clientCaFile: path('people.crt'),
      requestHeader: { clientCaFile: path('proxies.crt'), usernameHeaders: ['X-Remote-User'] },
    },
  })
  run = server.run()
  await server.ready
})

afterAll(async () => {
  await server.close()
  await run
  rmSync(folder, { recursive: true, force: true })
})

/** What a new connection shows: the certificate's name. */
const shown = (servername: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(server.url)
    const socket = connect({ host: '127.0.0.1', port: Number(port), servername, rejectUnauthorized: false }, () => {
      resolve(String((socket.getPeerCertificate() as PeerCertificate).subject.CN))
      socket.destroy()
    })
    socket.on('error', reject)
  })

interface Review {
  readonly code?: number
  readonly status?: { readonly userInfo: { readonly username: string } }
  readonly data?: Record<string, string>
}

const ask = (pair: PemPair, method: string, at: string, body?: object, headers = {}): Promise<Review> =>
  new Promise((resolve, reject) => {
    const sent = request(
      `${server.url}${at}`,
      {
        method,
        ...pair,
        agent: false,
        rejectUnauthorized: false,
        headers: { 'content-type': 'application/json', ...headers },
      },
      (answer) => {
        let text = ''
        answer.on('data', (chunk) => {
          text += chunk
        })
        answer.on('end', () => resolve(JSON.parse(text) as Review))
      },
    )
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })

const self = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
const who = async (pair: PemPair, headers = {}): Promise<string> => {
  const review = await ask(pair, 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', self, headers)
  return review.code === undefined ? String(review.status?.userInfo.username) : String(review.code)
}

const soon = { timeout: 15_000, interval: 200 }

test('changed serving certificates are shown to new connections', async () => {
  expect([await shown('localhost'), await shown('named.test')]).toEqual(['serving-1', 'named-1'])
  write('serving', certificate({ commonName: 'serving-2', usage: 'server' }))
  write('named', certificate({ commonName: 'named-2', usage: 'server' }))
  await expect.poll(() => shown('localhost'), soon).toBe('serving-2')
  await expect.poll(() => shown('named.test'), soon).toBe('named-2')
})

test('a certificate that does not fit its key is not used', async () => {
  const before = await shown('localhost')
  writeFileSync(path('serving.crt'), certificate({ commonName: 'no-key', usage: 'server' }).cert)
  await new Promise((resolve) => setTimeout(resolve, 2500))
  expect(await shown('localhost')).toBe(before)
  write('serving', certificate({ commonName: 'serving-3', usage: 'server' }))
  await expect.poll(() => shown('localhost'), soon).toBe('serving-3')
})

test('clients and front proxies are believed by the authorities of today', async () => {
  const speaking = { 'x-remote-user': 'ann' }
  const olds = [client('bob', people[0]), client('proxy', proxies[0])] as const
  const news = [client('eve', people[1]), client('proxy', proxies[1])] as const
  const all = async () => [
    ...[await who(olds[0]), await who(olds[1], speaking)],
    ...[await who(news[0]), await who(news[1], speaking)],
  ]
  expect(await all()).toEqual(['bob', 'ann', '401', '401'])
  write('people', people[1])
  write('proxies', proxies[1])
  await expect.poll(all, soon).toEqual(['401', '401', 'eve', 'ann'])
  const published = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication'
  const data = async () => (await ask(news[0], 'GET', published)).data
  // What was there stays: other servers of a cluster may have written it.
  await expect.poll(data, soon).toMatchObject({
    'client-ca-file': people[0].cert + people[1].cert,
    'requestheader-client-ca-file': proxies[0].cert + proxies[1].cert,
  })
})

test('clients are told of both kinds of authorities', async () => {
  const { port } = new URL(server.url)
  const both = [expect.stringContaining('people-2'), expect.stringContaining('proxies-2')]
  // The listener looks at the files by itself, not when who believes them does.
  await expect.poll(() => acceptable(Number(port)), soon).toEqual(expect.arrayContaining(both))
})

/** The names that the server asks certificates of. Only openssl tells them. */
async function acceptable(port: number): Promise<string[]> {
  const { execFile } = await import('node:child_process')
  const text = await new Promise<string>((resolve, reject) => {
    const child = execFile('openssl', ['s_client', '-connect', `127.0.0.1:${port}`], (error, out) =>
      out === '' ? reject(error ?? new Error('nothing was told')) : resolve(out),
    )
    child.stdin?.end()
  })
  const after = text.split('Acceptable client certificate CA names')[1] ?? ''
  return after.split('\n').filter((line) => line.includes('CN'))
}
