import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { copyJson, FieldErrors, type KubeObject } from '../../api/index.js'
import { judge } from '../core/testing.js'
import type { RuleContext } from '../rules.js'
import { certificatesigningrequests } from './certificatesigningrequests.js'
import { clustertrustbundles } from './clustertrustbundles.js'
import { podcertificaterequests } from './podcertificaterequests.js'
import { authority, base64, ecRequest, ed25519Request } from './testdata.js'

const group = 'certificates.k8s.io'

describe('CertificateSigningRequests', () => {
  const { read, created, statusChanged } = judge(certificatesigningrequests, 'CertificateSigningRequest', group)
  const signerName = 'example.test/signer'
  const body = (more: object = {}) => ({
    spec: { request: base64(ecRequest), signerName, usages: ['client auth'], ...more },
  })
  const legacy = 'the legacy signerName is not allowed via this API version'

  test.each<[object, string[]]>([
    [{}, []],
    [{ request: null }, ['spec.request: Invalid value: null: PEM block type must be CERTIFICATE REQUEST']],
    [{ usages: [] }, ['spec.usages: Required value']],
    [{ usages: ['any', 'any'] }, ['spec.usages[1]: Duplicate value: "any"']],
    [
      { signerName: 'a' },
      [
        `spec.signerName: Invalid value: "a": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
      ],
    ],
    [
      { signerName: 'kubernetes.io/legacy-unknown' },
      [`spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": ${legacy}`],
    ],
    [
      { expirationSeconds: 599 },
      ['spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)'],
    ],
  ])('%j', (more, wrong) => expect(created(body(more))).toEqual(wrong))

  test('who asks is told by the server', () => {
    const request = read(body({ username: 'ignored', groups: ['ignored'] }))
    const user = { name: 'u', uid: '1', groups: ['g'], extra: { e: ['x'] } }
    certificatesigningrequests.prepareForCreate?.(request, { user } as unknown as RuleContext)
    expect(request.spec).toMatchObject({ username: 'u', uid: '1', groups: ['g'], extra: { e: ['x'] } })
    expect(request.status).toEqual({})
  })

  const condition = (type: string, more: object = {}) => ({ type, status: 'True', ...more })
  const having = (...conditions: object[]) => ({ ...body(), status: { conditions } })

  test('a status update leaves decisions alone', () => {
    expect(statusChanged(body(), having(condition('Approved')))).toEqual([
      'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
    ])
    expect(statusChanged(having(condition('Failed')), having())).toEqual([
      'status.conditions: Forbidden: updates may not remove a condition of type "Failed"',
    ])
    const certificate = (text: string) => ({ ...body(), status: { certificate: base64(text) } })
    expect(statusChanged(body(), certificate(authority))).toEqual([])
    expect(statusChanged(body(), certificate('none'))).toEqual([
      'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
    ])
    expect(statusChanged(certificate(authority), certificate(`${authority}${authority}`))).toEqual([
      'status.certificate: Forbidden: updates may not modify existing certificate content',
    ])
  })

  /** What is wrong, and the status there would be. */
  function approved(old: object, change: object): { wrong: string[]; status: KubeObject } {
    const before = read(old)
    const object = { ...copyJson(before), status: read(change).status } as KubeObject
    const context = { now: () => 1_700_000_000_000 } as RuleContext
    const errors = new FieldErrors()
    const { approval } = certificatesigningrequests.subresources!
    approval!.prepare(object, before, context)
    approval!.validate(object, before, errors, context)
    return { wrong: errors.list.map(({ field, message }) => `${field}: ${message}`), status: object.status }
  }

  test('approval decides, once', () => {
    const times = { lastUpdateTime: '2023-11-14T22:13:20Z', lastTransitionTime: '2023-11-14T22:13:20Z' }
    expect(
      approved(body(), { status: { certificate: base64(authority), conditions: [condition('Approved')] } }),
    ).toEqual({
      wrong: [],
      status: { conditions: [condition('Approved', times)] },
    })
    expect(approved(body(), having(condition('Approved'), condition('Denied'))).wrong).toEqual([
      'status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
    ])
    expect(approved(having(condition('Denied')), having(condition('Denied', { status: 'False' }))).wrong).toEqual([
      'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
    ])
    expect(approved(having(condition('Denied')), having()).wrong).toEqual([
      'status.conditions: Forbidden: updates may not remove a condition of type "Denied"',
    ])
  })
})

describe('ClusterTrustBundles', () => {
  const { created, changed } = judge(clustertrustbundles, 'ClusterTrustBundle', group, [], 'v1beta1')
  const body = (name: string, signerName: string, trustBundle: string) => ({
    metadata: { name },
    spec: { signerName, trustBundle },
  })
  const wrong = 'spec.trustBundle: Invalid value: "<value omitted>": '

  test.each<[object, string[]]>([
    [body('a', '', authority), []],
    [body('a.test:s:b', 'a.test/s', authority), []],
    [
      body('b', 'a.test/s', authority),
      [
        'metadata.name: Invalid value: "b": ClusterTrustBundle for signerName a.test/s must be named with prefix a.test:s:',
      ],
    ],
    [
      body('b:c', '', authority),
      ['metadata.name: Invalid value: "b:c": ClusterTrustBundle without signer name must not have ":" in its name'],
    ],
    [body('a', '', ''), [`${wrong}at least one trust anchor must be provided`]],
    [body('a', '', authority + authority), [`${wrong}duplicate trust anchor (indices [0 1])`]],
    [body('a', '', authority + ecRequest), [`${wrong}entry 1 has bad block type: CERTIFICATE REQUEST`]],
    [body('a', '', authority.replace('MII', 'AAA')), [`${wrong}entry 0 does not parse as X.509`]],
  ])('%#', (object, expected) => expect(created(object)).toEqual(expected))

  test('a bundle that does not change is not read', () => {
    const old = body('a', '', 'none')
    expect(changed(old, old)).toEqual([])
    expect(changed(old, body('a', '', 'other'))).toEqual([`${wrong}at least one trust anchor must be provided`])
  })
})

describe('PodCertificateRequests', () => {
  const { created, changed, statusChanged } = judge(
    podcertificaterequests,
    'PodCertificateRequest',
    group,
    [],
    'v1beta1',
  )
  const stub = base64(Buffer.from(ed25519Request.replace(/-----.*-----/g, ''), 'base64').toString('latin1'))
  const body = (more: object = {}) => ({
    spec: {
      signerName: 'example.test/signer',
      podName: 'p',
      podUID: '1',
      serviceAccountName: 's',
      serviceAccountUID: '2',
      nodeName: 'n',
      nodeUID: '3',
      maxExpirationSeconds: 86400,
      stubPKCS10Request: stub,
      ...more,
    },
  })

  test.each<[object, string[]]>([
    [{}, []],
    [{ podUID: '' }, ['spec.podUID: Invalid value: "": must not be empty']],
    [
      { maxExpirationSeconds: 1 },
      ['spec.maxExpirationSeconds: Invalid value: 1: must be in the range [3600, 7862400]'],
    ],
    [
      { maxExpirationSeconds: 86401, signerName: 'kubernetes.io/s' },
      ['spec.maxExpirationSeconds: Invalid value: 86401: must be in the range [3600, 86400]'],
    ],
    [{ stubPKCS10Request: 'AAAA' }, ['spec.stubPKCS10Request: Invalid value: must be a valid PKCS#10 CSR']],
    [
      { stubPKCS10Request: null },
      ['spec: Invalid value: exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set'],
    ],
  ])('%j', (more, wrong) => expect(created(body(more))).toEqual(wrong))

  const issued = {
    type: 'Issued',
    status: 'True',
    reason: 'R',
    message: '',
    lastTransitionTime: '2024-01-01T00:00:00Z',
  }

  test('a certificate for a key of another type leaves no error behind for who reads the next key', () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
    const status = { conditions: [issued], certificateChain: authority }
    expect(statusChanged(body(), { ...body(), status })).not.toEqual([])
    expect(createPublicKey(key).asymmetricKeyType).toBe('ec')
  })

  test('the spec stays, the status is told once', () => {
    expect(changed(body(), body({ podUID: '4' }))[0]).toMatch(/^spec: Invalid value: .*: field is immutable$/)
    const outcome = (type: string, more: object = {}) => ({
      ...body(),
      status: {
        conditions: [{ ...issued, type }],
        ...more,
      },
    })
    expect(statusChanged(body(), outcome('Denied'))).toEqual([])
    expect(statusChanged(body(), outcome('Denied', { certificateChain: authority }))).toEqual([
      'status: Invalid value: non-condition status fields must be empty when denying or failing the PodCertificateRequest',
    ])
    expect(statusChanged(outcome('Denied'), outcome('Failed'))).toEqual([
      'status: Invalid value: immutable after PodCertificateRequest is issued, denied, or failed',
    ])
    expect(statusChanged(body(), outcome('Issued', { certificateChain: authority }))[0]).toMatch(
      /leaf certificate was not issued to the requested public key$/,
    )
    expect(statusChanged(body(), outcome('Other'))).toEqual([
      'status.conditions.[0].type: Unsupported value: "Other": supported values: "Issued", "Denied", "Failed"',
    ])
  })
})
