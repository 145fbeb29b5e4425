import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ExecConfig, ExecPlugin } from './exec-plugin.js'
import { clientConfigOf, parseKubeconfig, restTarget } from './kubeconfig.js'
import { RestClient } from './rest-client.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-exec-plugin-'))
const at = (name: string): string => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A program that counts how often it ran and prints what its file says. */
beforeAll(() => {
  const text = `#!/bin/sh
printf x >> ${at('runs')}
printf '%s' "$KUBERNETES_EXEC_INFO $ANSWER $*" > ${at('told')}
test -f ${at('fails')} && exit 3
cat ${at('says')}
`
  writeFileSync(at('plugin'), text)
  chmodSync(at('plugin'), 0o755)
})

const version = 'client.authentication.k8s.io/v1'
const config: ExecConfig = {
  command: at('plugin'),
  args: ['a', 'b c'],
  env: [{ name: 'ANSWER', value: '42' }],
  apiVersion: version,
  installHint: 'get it somewhere',
  provideClusterInfo: true,
  interactiveMode: 'Never',
}
const says = (status: object | string): void =>
  writeFileSync(
    at('says'),
    typeof status === 'string' ? status : JSON.stringify({ kind: 'ExecCredential', apiVersion: version, status }),
  )
const runs = (): number => readFileSync(at('runs')).length

it('asks once for all who wait, and again when what it said has expired or is refused', async () => {
  let now = Date.UTC(2030, 0, 1)
  const plugin = new ExecPlugin(config, { server: 'https://s' }, () => now)
  says({ token: 'one', expirationTimestamp: '2030-01-01T00:01:00Z' })
  writeFileSync(at('runs'), '')
  const [first, second] = await Promise.all([plugin.fetch(), plugin.fetch()])
  expect([first.token, second === first, runs()]).toEqual(['one', true, 1])
  expect(readFileSync(at('told'), 'utf8')).toBe(
    `{"kind":"ExecCredential","apiVersion":"${version}","spec":{"cluster":{"server":"https://s"},"interactive":false}} 42 a b c`,
  )
  now += 59_000
  expect(await plugin.fetch()).toBe(first)
  now += 2_000
  expect(plugin.current).toBeUndefined()
  says({ token: 'two' })
  const third = await plugin.fetch()
  expect([third.token, runs()]).toEqual(['two', 2])
  await plugin.renew(first)
  expect(runs()).toBe(2)
  await plugin.renew(third)
  expect(runs()).toBe(3)
})

describe('what goes wrong is told in the words of client-go', () => {
  const wrong: readonly [what: string | object, message: string][] = [
    ['{', 'decoding stdout: '],
    ['{"kind":"Pod","apiVersion":"v1"}', 'decoding stdout: no kind "Pod" is registered for version "v1"'],
    [
      '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1"}',
      `exec plugin is configured to use API version ${version}, plugin returned version client.authentication.k8s.io/v1beta1`,
    ],
    [`{"kind":"ExecCredential","apiVersion":"${version}"}`, "exec plugin didn't return a status field"],
    [{}, "exec plugin didn't return a token or cert/key pair"],
    [{ clientKeyData: 'k' }, 'exec plugin returned only certificate or key, not both'],
    [{ clientKeyData: 'k', clientCertificateData: 'c' }, 'failed parsing client key/certificate: '],
    [{ token: 5 }, 'decoding stdout: status.token must be a string'],
    [{ token: 't', expirationTimestamp: 'soon' }, 'decoding stdout: status.expirationTimestamp: "soon" is no time'],
  ]
  it.each(wrong)('%j', async (what, message) => {
    says(what)
    await expect(async () => new ExecPlugin(config, undefined).fetch()).rejects.toThrow(message)
  })

  it.each([
    [{ command: at('none') }, `exec: executable ${at('none')} not found\n\nget it somewhere`],
    [{ command: 'false' }, 'exec: executable false failed with exit code 1'],
    [{ interactiveMode: 'Always' }, 'exec plugin cannot support interactive mode: standard input is not a terminal'],
  ])('%j', async (more, message) => {
    await expect(async () => new ExecPlugin({ ...config, ...more }, undefined).fetch()).rejects.toThrow(message)
  })
})

it('is who calls: its certificate for connections, its token for requests, new ones after a 401', async () => {
  const make = (name: string): void => {
    const options = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost']
    execFileSync('openssl', ['req', ...options, '-keyout', at(`${name}.key`), '-out', at(`${name}.crt`), ...subject], {
      stdio: 'ignore',
    })
  }
  const pem = (name: string): string => readFileSync(at(name), 'utf8')
  for (const name of ['server', 'one', 'two']) make(name)
  const seen: string[] = []
  const server = createServer(
    { cert: pem('server.crt'), key: pem('server.key'), requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const peer = (request.socket as TLSSocket).getPeerCertificate()
      seen.push(`${peer.subject.CN} ${request.headers.authorization}`)
      response.statusCode = peer.subject.CN === 'two' ? 200 : 401
      response.end('{}')
    },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cluster = `{server: "https://localhost:${(server.address() as AddressInfo).port}", certificate-authority: server.crt}`
  const user = `{exec: {command: ./plugin, apiVersion: ${version}, interactiveMode: Never, provideClusterInfo: true}}`
  const text = `clusters: [{name: c, cluster: ${cluster}}]\nusers: [{name: u, user: ${user}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x`
  const client = new RestClient(restTarget(clientConfigOf(await parseKubeconfig(Buffer.from(text), folder))))
  const credentials = (name: string): object => ({
    token: `of-${name}`,
    clientCertificateData: pem(`${name}.crt`),
    clientKeyData: pem(`${name}.key`),
  })
  try {
    says(credentials('one'))
    const post = (): Promise<string> =>
      client.post(Buffer.from('{}'), { timeoutMs: 10_000 }).then(
        () => 'ok',
        (error: Error) => error.message,
      )
    const first = post()
    await first
    says(credentials('two'))
    await post()
    expect(await post()).toBe('ok')
    expect(seen).toEqual(['one Bearer of-one', 'one Bearer of-one', 'two Bearer of-two'])
    expect(readFileSync(at('told'), 'utf8')).toContain('"certificate-authority-data":')
  } finally {
    client.close()
    server.closeAllConnections()
    server.close()
  }
})
