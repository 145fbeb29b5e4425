import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkIdentity, networkErrorText, tellNameFirst } from './network-error.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-network-error-'))
const failed = 'tls: failed to verify certificate: x509: certificate'

function certificate(name: string, ...more: string[]): { cert: Buffer; key: Buffer } {
  const at = (file: string): string => join(folder, `${name}.${file}`)
  const made = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', ...made, '-keyout', at('key'), '-out', at('crt'), '-subj', `/CN=${name}`, ...more], {
    stdio: 'ignore',
  })
  return { cert: readFileSync(at('crt')), key: readFileSync(at('key')) }
}

let named: ReturnType<typeof certificate>
let plain: ReturnType<typeof certificate>
beforeAll(() => {
  named = certificate('a.test', '-addext', 'subjectAltName=DNS:a.test,DNS:b.test')
  plain = certificate('c.test')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function refused(own: typeof named, servername: string, ca?: Buffer): Promise<string> {
  const server = createServer(own, (socket) => socket.on('error', () => {}))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const text = await new Promise<string>((resolve) => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      servername,
      agent: false,
      checkServerIdentity: checkIdentity,
      ...(ca === undefined ? {} : { ca }),
    })
    outgoing.once('socket', (socket) => tellNameFirst(socket, servername))
    outgoing.on('error', (error) => resolve(networkErrorText(error)))
    outgoing.end()
  })
  server.close()
  return text
}

test('a wrong name is told before an unknown authority', async () => {
  expect(await refused(named, 'x.test')).toBe(`${failed} is valid for a.test, b.test, not x.test`)
  expect(await refused(named, 'a.test')).toBe(`${failed} signed by unknown authority`)
})

test('a certificate without names', async () => {
  expect(await refused(plain, 'c.test', plain.cert)).toBe(
    `${failed} relies on legacy Common Name field, use SANs instead`,
  )
  expect(await refused(plain, 'x.test', plain.cert)).toBe(
    `${failed} is not valid for any names, but wanted to match x.test`,
  )
})

test('errors that are none of the network', () => {
  expect(networkErrorText(Object.assign(new Error('no such service'), { code: 404 }))).toBe('no such service')
})
