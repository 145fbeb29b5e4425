import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FieldErrors, type KubeObject } from '../../api/index.js'
import { configMaps } from './config-maps.js'
import { keyPairProblem } from './key-pair.js'
import { namespaces } from './namespaces.js'
import { secrets } from './secrets.js'
import { serviceAccounts } from './service-accounts.js'
import { judge } from './testing.js'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('ConfigMaps', () => {
  const { created, changed } = judge(configMaps, 'ConfigMap')
  test('keys', () => {
    expect(created({ data: { a: '1', 'b.c_d-E': '2' }, binaryData: { f: 'AA==' } })).toEqual([])
    expect(created({ data: { a: '1' }, binaryData: { a: 'AA==', '..': '' } })).toEqual([
      'data[a]: Invalid value: "a": duplicate of key present in binaryData',
      'binaryData[..]: Invalid value: "..": must not be \'..\'',
    ])
  })
  test('all values together have a mebibyte', () => {
    expect(created({ data: { a: 'x'.repeat(1 << 20) } })).toEqual([])
    expect(created({ data: { a: 'ü'.repeat(1 << 19) }, binaryData: { b: base64('x') } })).toEqual([
      '[]: Too long: may not be more than 1048576 bytes',
    ])
  })
  test('what is immutable stays', () => {
    const old = { data: { a: '1' }, immutable: true }
    expect(changed(old, old)).toEqual([])
    expect(changed({ immutable: true }, { immutable: true, data: {} })).toEqual([])
    expect(changed({ immutable: true }, { immutable: true, binaryData: {} })).toEqual([
      'binaryData: Forbidden: field is immutable when `immutable` is set',
    ])
    expect(changed(old, { data: { a: '2' }, binaryData: { b: 'AA==' } })).toEqual([
      'immutable: Forbidden: field is immutable when `immutable` is set',
      'data: Forbidden: field is immutable when `immutable` is set',
      'binaryData: Forbidden: field is immutable when `immutable` is set',
    ])
  })
})

describe('Secrets', () => {
  const { created, changed, read, warnings } = judge(secrets, 'Secret')
  test('stringData becomes data', () => {
    const secret = read({ data: { a: 'eA==', b: 'eQ==' }, stringData: { b: 'z', __proto__x: 'ü' } })
    expect(secret.data).toEqual({ a: 'eA==', b: base64('z'), __proto__x: base64('ü') })
    expect(secret.stringData).toBeUndefined()
    expect(secret.type).toBe('Opaque')
  })
  const cases = [
    { type: 'Opaque', data: { 'bad key': '' }, want: ['data[bad key]: Invalid value: "bad key": a valid config key'] },
    { type: 'kubernetes.io/tls', data: {}, want: ['data[tls.crt]: Required value', 'data[tls.key]: Required value'] },
    { type: 'kubernetes.io/basic-auth', data: { password: '' }, want: [] },
    { type: 'kubernetes.io/basic-auth', data: {}, want: ['data[username]: Required', 'data[password]: Required'] },
    { type: 'kubernetes.io/ssh-auth', data: { 'ssh-privatekey': '' }, want: ['data[ssh-privatekey]: Required value'] },
    { type: 'kubernetes.io/dockercfg', data: {}, want: ['data[.dockercfg]: Required value'] },
    {
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': base64('[]') },
      want: [
        'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": json: cannot unmarshal array into Go value of type map[string]interface {}',
      ],
    },
    { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': base64('null') }, want: [] },
    {
      type: 'kubernetes.io/service-account-token',
      data: {},
      want: ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
    },
    { type: 'bootstrap.kubernetes.io/token', data: {}, want: [] },
  ]
  for (const { type, data, want } of cases) {
    test(`${type} ${JSON.stringify(data)}`, () => {
      const told = created({ type, data })
      expect(told).toHaveLength(want.length)
      for (const [i, text] of want.entries()) expect(told[i]).toContain(text)
    })
  }
  test('the type stays', () => {
    expect(changed({ type: 'a/b' }, { type: 'a/c' })).toEqual(['type: Invalid value: "a/c": field is immutable'])
  })
  test('certificates and keys that do not belong together are warned of', () => {
    expect(warnings({ type: 'kubernetes.io/tls', data: { 'tls.crt': '', 'tls.key': '' } })).toEqual([
      'tls: failed to find any PEM data in certificate input',
    ])
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
    const folder = mkdtempSync(join(tmpdir(), 'kats-pair-'))
    writeFileSync(join(folder, 'key'), key)
    const asked = ['req', '-x509', '-new', '-key', join(folder, 'key'), '-subj', '/CN=a', '-days', '2']
    const certificate = execFileSync('openssl', asked, { stdio: ['ignore', 'pipe', 'ignore'] })
    rmSync(folder, { recursive: true })
    expect(keyPairProblem(certificate, Buffer.from(key))).toBeUndefined()
    expect(keyPairProblem(certificate, Buffer.from(other))).toBe('tls: private key does not match public key')
    expect(keyPairProblem(Buffer.from(key), certificate)).toContain('PEM inputs may have been switched')
    expect(keyPairProblem(certificate, certificate)).toBe(
      'tls: found a certificate rather than a key in the PEM for the private key',
    )
  })
})

test('ServiceAccounts keep names of secrets only, and warn once of the annotation', () => {
  const { warnings } = judge(serviceAccounts, 'ServiceAccount')
  const object: KubeObject = { metadata: {}, secrets: [{ name: 'a', namespace: 'b', uid: 'c' }, {}] }
  serviceAccounts.prepareForCreate!(object, undefined as never)
  expect(object.secrets).toEqual([{ name: 'a' }, {}])
  const metadata = { name: 'x', annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } }
  expect(warnings({ metadata })).toHaveLength(1)
  expect(serviceAccounts.warnings!({ metadata }, { metadata }, undefined as never)).toEqual([])
})

describe('Namespaces', () => {
  const { created, statusChanged, read } = judge(namespaces, 'Namespace')
  test('get their finalizer, phase and label', () => {
    const object = read({ metadata: { name: 'n', labels: { a: 'b' } }, spec: { finalizers: ['x.test/y'] } })
    namespaces.prepareForCreate!(object, undefined as never)
    expect(object.spec.finalizers).toEqual(['x.test/y', 'kubernetes'])
    expect(object.status).toEqual({ phase: 'Active' })
    expect(object.metadata.labels).toEqual({ a: 'b', 'kubernetes.io/metadata.name': 'n' })
  })
  test('finalizers are qualified', () => {
    expect(created({ spec: { finalizers: ['x.test/y', 'plain'] } })).toEqual([
      'spec.finalizers: Invalid value: "plain": name is neither a standard finalizer name nor is it fully qualified',
    ])
  })
  test('the phase goes with the deletion', () => {
    const going = { metadata: { name: 'n', deletionTimestamp: '2024-01-02T03:04:05Z' } }
    expect(statusChanged({}, { status: { phase: 'Active' } })).toEqual([])
    expect(statusChanged({}, { status: { phase: 'Terminating' } })).toEqual([
      'status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty',
    ])
    expect(statusChanged(going, {})).toEqual([
      'status.Phase: Invalid value: "Active": may only be \'Terminating\' if `deletionTimestamp` is not empty',
    ])
  })
  test('finalize tells the index of a bad finalizer', () => {
    const errors = new FieldErrors()
    const object: KubeObject = { metadata: { name: 'n' }, spec: { finalizers: ['kubernetes', 'bad'] } }
    namespaces.subresources!.finalize!.validate(object, object, errors, undefined as never)
    expect(errors.list.map(({ field }) => field)).toEqual(['spec.finalizers[1]'])
  })
})
