import { execFileSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createCertificate } from './certificate.js'
import { pairInFolder, selfSigned } from './self-signed.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-certificates-'))
afterAll(() => rmSync(folder, { recursive: true }))

const now = Date.now()
const lifetime = { notBefore: new Date(now - 1000), notAfter: new Date(now + 86_400_000) }
const authority = createCertificate({ ...lifetime, commonName: 'an authority', usage: 'authority' })
const server = createCertificate(
  {
    ...lifetime,
    commonName: 'server',
    usage: 'server',
    dnsNames: ['localhost', '*.example.com'],
    ipAddresses: ['10.0.0.1', '::1', 'fd00::1:2', '::ffff:1.2.3.4'],
  },
  authority,
)
const client = createCertificate(
  { ...lifetime, commonName: 'jané', organizations: ['system:masters', 'b'], usage: 'client' },
  authority,
)
const openssl = (...args: string[]): string => execFileSync('openssl', args, { encoding: 'utf8' })
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

describe('node reads', () => {
  test('an authority that signed itself', () => {
    const parsed = new X509Certificate(authority.cert)
    expect(parsed.ca).toBe(true)
    expect(parsed.subject).toBe('CN=an authority')
    expect(parsed.checkIssued(parsed)).toBe(true)
    expect(parsed.verify(parsed.publicKey)).toBe(true)
  })

  test('a serving certificate with all its names', () => {
    const parsed = new X509Certificate(server.cert)
    expect(parsed.ca).toBe(false)
    expect(parsed.checkIssued(new X509Certificate(authority.cert))).toBe(true)
    expect(parsed.checkPrivateKey(createPrivateKey(server.key))).toBe(true)
    for (const name of ['localhost', 'a.example.com']) expect(parsed.checkHost(name)).toBeDefined()
    expect(parsed.checkHost('example.org')).toBeUndefined()
    for (const ip of ['10.0.0.1', '::1', 'fd00::1:2', '::ffff:1.2.3.4']) expect(parsed.checkIP(ip), ip).toBe(ip)
    expect(parsed.checkIP('10.0.0.2')).toBeUndefined()
    expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
  })

  test('the user and groups of a client certificate', () => {
    const parsed = new X509Certificate(client.cert)
    expect(parsed.subject).toBe('O=system:masters\nO=b\nCN=jané')
    expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(Date.parse(parsed.validTo)).toBe(Math.floor(lifetime.notAfter.getTime() / 1000) * 1000)
  })

  test('times before and after 2050', () => {
    const long = createCertificate({
      commonName: 'x',
      usage: 'authority',
      notBefore: new Date('2049-12-31T23:59:59Z'),
      notAfter: new Date('2050-01-01T00:00:00Z'),
    })
    const { validFrom, validTo } = new X509Certificate(long.cert)
    expect([validFrom, validTo]).toEqual(['Dec 31 23:59:59 2049 GMT', 'Jan  1 00:00:00 2050 GMT'])
  })
})

describe('openssl verifies', () => {
  const ca = file('ca.crt', authority.cert)
  test('strictly, for its purpose only', () => {
    const [serverFile, clientFile] = [file('server.crt', server.cert), file('client.crt', client.cert)]
    const verify = (purpose: string, name: string) =>
      openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', ca, name)
    expect(verify('sslserver', serverFile)).toBe(`${serverFile}: OK\n`)
    expect(verify('sslclient', clientFile)).toBe(`${clientFile}: OK\n`)
    expect(() => verify('sslclient', serverFile)).toThrow()
  })

  test('the whole text', () => {
    const text = openssl('x509', '-noout', '-text', '-in', file('text.crt', server.cert))
    expect(text).toContain('DNS:localhost, DNS:*.example.com, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1')
    expect(text).toContain('Signature Algorithm: ecdsa-with-SHA256')
    expect(text).toMatch(/X509v3 Key Usage: critical\s+Digital Signature\n/)
    expect(text).toMatch(/X509v3 Basic Constraints: critical\s+CA:FALSE\n/)
  })

  test('a self-signed chain', () => {
    const { cert } = selfSigned({ host: '10.0.0.9', dnsNames: ['kubernetes'], ipAddresses: ['10.0.0.9'], now })
    const end = '-----END CERTIFICATE-----\n'
    const [leaf = '', root = ''] = cert.split(end).map((part) => part + end)
    const name = file('leaf.crt', leaf)
    expect(openssl('verify', '-CAfile', file('root.crt', root), name)).toBe(`${name}: OK\n`)
  })
})

describe('a pair in a folder', () => {
  let made = 0
  const pair = (at: number) =>
    pairInFolder(join(folder, 'pair'), 'apiserver', at, () => {
      made++
      return selfSigned({ host: 'localhost', dnsNames: ['localhost'], ipAddresses: [], now: at })
    })

  test('is made once, its key for the owner only', () => {
    const { certFile, keyFile } = pair(now)
    const before = readFileSync(certFile, 'utf8')
    expect(pair(now)).toEqual({ certFile, keyFile })
    expect(made).toBe(1)
    expect(readFileSync(certFile, 'utf8')).toBe(before)
    expect(statSync(keyFile).mode & 0o777).toBe(0o600)
    expect(certFile).toBe(join(folder, 'pair', 'apiserver.crt'))
  })

  test('is made again when it has expired or is broken', () => {
    const { certFile } = pair(now + 2 * 365 * 86_400_000)
    expect(made).toBe(2)
    writeFileSync(certFile, 'nothing')
    pair(now)
    expect(made).toBe(3)
    expect(new X509Certificate(readFileSync(certFile)).checkHost('localhost')).toBe('localhost')
  })
})
