import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ClientIdentity } from './client-identity.js'
import { clientConfigOf, type KubeconfigUser, parseKubeconfig, readKubeconfig } from './kubeconfig.js'

let folder: string
const pem = (text: string): string => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
  writeFileSync(join(folder, 'ca.pem'), pem('CA'))
  writeFileSync(join(folder, 'client.pem'), 'CERT')
  writeFileSync(join(folder, 'client.key'), 'KEY')
  writeFileSync(join(folder, 'token'), 'from-file\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

const yaml = (cluster: string, user: string, more = 'current-context: there\n'): Buffer =>
  Buffer.from(
    `apiVersion: v1\nkind: Config\n${more}clusters: [{name: c, cluster: {${cluster}}}]\nusers: [{name: u, user: {${user}}}]\ncontexts: [{name: there, context: {cluster: c, user: u}}]\n`,
  )

const read = async (cluster: string, user = '', more?: string) =>
  clientConfigOf(await parseKubeconfig(yaml(cluster, user, more), folder))

describe('clientConfigOf', () => {
  test('takes server and user of the current context, paths from the folder of the file', async () => {
    const config = await read(
      'server: "https://hooks.example:8443/authorize?x=1", certificate-authority: ca.pem, tls-server-name: other',
      'client-certificate: client.pem, client-key: client.key, tokenFile: token',
    )
    expect(config).toMatchObject({
      url: 'https://hooks.example:8443/authorize',
      ca: pem('CA'),
      serverName: 'other',
      insecureSkipTlsVerify: false,
    })
    expect(config.identity.keyPair).toEqual({ cert: 'CERT', key: 'KEY' })
    expect(config.identity.headers).toEqual({ authorization: 'Bearer from-file' })
  })

  test('takes inline data, name and password', async () => {
    const data = Buffer.from(pem('inline')).toString('base64')
    const config = await read(
      `server: hooks.example, certificate-authority-data: ${data}`,
      `client-certificate-data: ${data}, client-key-data: ${data}, username: me, password: secret`,
    )
    expect(config.url).toBe('https://hooks.example/')
    expect(config.ca).toBe(pem('inline'))
    expect(config.identity.keyPair).toEqual({ cert: pem('inline'), key: pem('inline') })
    expect(config.identity.headers.authorization).toBe(`Basic ${Buffer.from('me:secret').toString('base64')}`)
  })

  test('speaks for others', async () => {
    const config = await read('server: "https://h"', 'as: jane, as-groups: [a, b], as-user-extra: {"x/Y": [v]}')
    expect(config.identity.headers).toEqual({
      'impersonate-user': 'jane',
      'impersonate-group': ['a', 'b'],
      'impersonate-extra-x%2fy': ['v'],
    })
  })

  test('tells nobody who we are without TLS', async () => {
    const config = await read('server: "http://h:80"', 'token: secret')
    expect(config.identity.headers).toEqual({})
  })

  const wrong: readonly [cluster: string, user: string, more: string | undefined, message: string][] = [
    ['', '', undefined, 'invalid configuration: no server found for cluster "c"'],
    [
      'server: x',
      '',
      '',
      'invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable',
    ],
    [
      'server: "https://x", certificate-authority-data: aGk=',
      '',
      undefined,
      'unable to load root certificates: unable to parse bytes as PEM block',
    ],
    [
      'server: x',
      '',
      'current-context: gone\n',
      'invalid configuration: [context was not found for specified context: gone, cluster has no server defined]',
    ],
    ['tls-server-name: x', '', undefined, 'invalid configuration: no server found for cluster "c"'],
    [
      'server: "https://x"',
      'token: t, username: u, password: p',
      undefined,
      'invalid configuration: more than one authentication method found for u; found [token basicAuth], only one is allowed',
    ],
    [
      'server: "https://x", certificate-authority: none.pem',
      'client-certificate: client.pem',
      undefined,
      'invalid configuration: [client-key-data or client-key must be specified for u to use the clientCert authentication method., unable to read certificate-authority FOLDER/none.pem for c due to open FOLDER/none.pem: no such file or directory]',
    ],
    [
      'server: "https://x"',
      'exec: {command: c}',
      undefined,
      'invalid configuration: [apiVersion must be specified for u to use exec authentication plugin, interactiveMode must be specified for u to use exec authentication plugin]',
    ],
    [
      'server: "https://x"',
      'exec: {command: c, apiVersion: client.authentication.k8s.io/v1, interactiveMode: X, env: [{value: v}]}, auth-provider: {}',
      undefined,
      'invalid configuration: [authProvider cannot be provided in combination with an exec plugin for u, env variable name must be specified for u to use exec authentication plugin, invalid interactiveMode for u: "X"]',
    ],
    [
      'server: "https://x"',
      'exec: {command: c, apiVersion: client.authentication.k8s.io/v1alpha1}',
      undefined,
      'exec plugin: invalid apiVersion "client.authentication.k8s.io/v1alpha1"',
    ],
    ['server: "ftp://x"', '', undefined, 'unsupported protocol scheme "ftp"'],
    [
      'server: "https://x", proxy-url: "ftp://p"',
      '',
      undefined,
      `invalid configuration: invalid 'proxy-url' "ftp://p" for cluster "c": unsupported scheme "ftp", must be http, https, or socks5`,
    ],
    [
      'server: "https://x", insecure-skip-tls-verify: true, certificate-authority: ca.pem',
      '',
      undefined,
      'specifying a root certificates file with the insecure flag is not allowed',
    ],
  ]
  test.each(wrong)('%s / %s', async (cluster, user, more, message) => {
    await expect(read(cluster, user, more)).rejects.toThrow(
      expect.objectContaining({ message: message.replaceAll('FOLDER', folder) }),
    )
  })
})

describe('parseKubeconfig', () => {
  const wrong: readonly [text: string, message: string][] = [
    ['users: 5', 'users must be a list'],
    ['clusters: [{name: 5}]', 'clusters[0].name must be a string'],
    ['clusters: [{name: a}, {name: a}]', 'duplicate name "a" in list clusters'],
    ['users: [{name: a, user: {client-key-data: "not base64"}}]', 'illegal base64 data at input byte 3'],
    ['kind: Pod\napiVersion: v1', 'no kind "Pod" is registered for version "v1"'],
  ]
  test.each(wrong)('%s', async (text, message) => {
    await expect(parseKubeconfig(Buffer.from(text), '/')).rejects.toThrow(message)
  })

  test('takes any name, and an empty file', async () => {
    const text = 'users: [{name: __proto__, user: {token: t}}, {name: constructor}]'
    const { users } = await parseKubeconfig(Buffer.from(text), '/')
    expect([...users.keys()]).toEqual(['__proto__', 'constructor'])
    expect((await parseKubeconfig(Buffer.from(''), '/')).users.size).toBe(0)
  })

  test('names the file that is not there', async () => {
    await expect(readKubeconfig(join(folder, 'none'))).rejects.toThrow(
      `stat ${join(folder, 'none')}: no such file or directory`,
    )
  })
})

test('a token file is read again after a minute, and an old token is better than none', () => {
  let time = 0
  const file = join(folder, 'rotating')
  writeFileSync(file, 'one')
  const user: KubeconfigUser = {
    ...{
      clientCertificate: '',
      clientCertificateData: '',
      clientKey: '',
      clientKeyData: '',
      username: '',
      password: '',
    },
    ...{ token: 'ignored', tokenFile: file, impersonate: '', impersonateUid: '', impersonateGroups: [] },
    ...{ impersonateExtra: new Map(), exec: undefined, authProvider: false },
  }
  const identity = new ClientIdentity(user, () => time)
  writeFileSync(file, 'two')
  expect(identity.headers.authorization).toBe('Bearer one')
  time = 60_000
  expect(identity.headers.authorization).toBe('Bearer two')
  rmSync(file)
  time = 120_000
  expect(identity.headers.authorization).toBe('Bearer two')
})
