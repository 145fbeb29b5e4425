import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRequest, wrongWithRequest, wrongWithSignature } from './pkcs10.js'
import { authority, ecRequest, ed25519Request, pssRequest } from './testdata.js'

/** The request with its last byte, a part of the signature, changed. */
function forged(pem: string): string {
  const bytes = Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64')
  bytes[bytes.length - 1]! ^= 1
  return `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
}

test.each<[string, string, string | undefined]>([
  ['ECDSA', ecRequest, undefined],
  ['Ed25519', ed25519Request, undefined],
  ['RSA-PSS', pssRequest, undefined],
  ['text around it', `hello\n${ecRequest}bye`, undefined],
  ['forged ECDSA', forged(ecRequest), 'x509: ECDSA verification failure'],
  ['forged Ed25519', forged(ed25519Request), 'x509: Ed25519 verification failure'],
  ['forged RSA', forged(pssRequest), 'crypto/rsa: verification error'],
  ['nothing', '', 'PEM block type must be CERTIFICATE REQUEST'],
  ['a certificate', authority, 'PEM block type must be CERTIFICATE REQUEST'],
  ['no end', ecRequest.replace('END', 'FIN'), 'PEM block type must be CERTIFICATE REQUEST'],
  ['not base64', ecRequest.replace('MIH', 'M*H'), 'PEM block type must be CERTIFICATE REQUEST'],
])('%s', (_, pem, wrong) => expect(wrongWithRequest(pem)).toBe(wrong))

describe('DER that is none is told in the words of Go', () => {
  const tags = (found: string, type: string): string =>
    `asn1: structure error: tags don't match (16 vs {${found}}) {optional:false explicit:false application:false ` +
    'private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false} ' +
    `${type} @2`

  test.each<[string, string]>([
    ['', 'asn1: syntax error: sequence truncated'],
    ['30', 'asn1: syntax error: truncated tag or length'],
    ['300501', 'asn1: syntax error: data truncated'],
    ['040100', tags('class:0 tag:4 length:1 isCompound:false', 'certificateRequest')],
    ['3003020100', tags('class:0 tag:2 length:1 isCompound:false', 'tbsCertificateRequest')],
    ['68656c6c6f20776f726c64', tags('class:1 tag:8 length:101 isCompound:true', 'certificateRequest')],
    ['3080', 'asn1: syntax error: indefinite length found (not DER)'],
    ['3081050102030405', 'asn1: structure error: non-minimal length'],
    ['308200050102030405', 'asn1: structure error: superfluous leading zeros in length'],
    ['3084ffffffff', 'asn1: structure error: length too large'],
    ['1f01', 'asn1: syntax error: non-minimal tag'],
  ])('%s', (hex, text) => {
    const read = parseRequest(Buffer.from(hex, 'hex'))
    expect(read).toBeInstanceOf(Error)
    expect((read as Error).message).toBe(text)
  })

  test('a cut request is never read', () => {
    const der = Buffer.from(ecRequest.replace(/-----.*-----/g, ''), 'base64')
    for (let length = 0; length < der.length; length++)
      expect(parseRequest(der.subarray(0, length))).toBeInstanceOf(Error)
  })
})

test('no bytes are too odd', () => {
  const der = Buffer.from(ecRequest.replace(/-----.*-----/g, ''), 'base64')
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void parseRequest(Buffer.from(bytes))))
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.nat(255), (at, value) => {
      const changed = Buffer.from(der)
      changed[at] = value
      const request = parseRequest(changed)
      if (!(request instanceof Error)) expect(wrongWithSignature(request) === undefined).toBe(changed.equals(der))
    }),
  )
})
