import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createCertificate } from '../certificates/certificate.js'
import type { AuthorizationMode, LogFormat, ServerOptions, TlsVersion } from '../config.js'
import { cidrSize, nthAddress, parseCidr } from './cidr.js'
import { completeConfig } from './complete.js'
import { validateConfig } from './validate.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-config-'))
afterAll(() => rmSync(folder, { recursive: true }))
const environment = { hostAddresses: ['192.0.2.7', '2001:db8::7'] }
const complete = (options: ServerOptions) => completeConfig({ environment, ...options })
const problems = (options: ServerOptions): string[] => validateConfig(complete(options))

describe('completion', () => {
  test('of nothing is fine, frozen and the same again', () => {
    const config = complete({})
    expect(validateConfig(config)).toEqual([])
    expect(completeConfig(config)).toEqual(config)
    expect(Object.isFrozen(config.authentication.serviceAccounts.issuers)).toBe(true)
  })

  const addresses: [ServerOptions, string][] = [
    [{}, '192.0.2.7'],
    [{ secureServing: { bindAddress: '0.0.0.0' } }, '192.0.2.7'],
    [{ secureServing: { bindAddress: '10.1.1.1' } }, '10.1.1.1'],
    [{ generic: { advertiseAddress: '10.2.2.2' }, secureServing: { bindAddress: '10.1.1.1' } }, '10.2.2.2'],
    [{ environment: { hostAddresses: [] } }, '127.0.0.1'],
  ]
  for (const [options, want] of addresses) {
    test(`advertises ${want} for ${JSON.stringify(options)}`, () => {
      const { generic } = complete(options)
      expect([generic.advertiseAddress, generic.externalHost]).toEqual([want, want])
    })
  }

  test('derives what depends on other options', () => {
    const config = complete({
      network: { serviceClusterIpRanges: ['10.96.0.7/16'] },
      authorization: { modes: ['AlwaysDeny'] },
      authentication: { serviceAccounts: { issuers: ['a', 'b'], signingKeyFile: 'sa.key' } },
    })
    expect(config.network.apiServerServiceIp).toBe('10.96.0.1')
    expect(config.authentication).toMatchObject({
      anonymous: true,
      apiAudiences: ['a', 'b'],
      serviceAccounts: { keyFiles: ['sa.key'], lookup: true },
    })
    expect(complete({}).authentication.anonymous).toBe(false)
    expect(complete({ authentication: { anonymous: true } }).authentication.anonymous).toBe(true)
  })

  test('keeps a self-signed pair in the certificate folder', () => {
    const options = { secureServing: { certDir: join(folder, 'certs') } }
    const { certificate } = complete(options).secureServing
    expect(certificate).toEqual({
      kind: 'files',
      certFile: join(folder, 'certs', 'apiserver.crt'),
      keyFile: join(folder, 'certs', 'apiserver.key'),
    })
    expect(problems(options)).toEqual([])
    expect(complete({}).secureServing.certificate.kind).toBe('pem')
  })
})

describe('validation', () => {
  const now = Date.now()
  const pair = (name: string): string => {
    const lifetime = { notBefore: new Date(now), notAfter: new Date(now + 1e6) }
    const { cert, key } = createCertificate({ ...lifetime, commonName: name, usage: 'server' })
    writeFileSync(join(folder, `${name}.crt`), cert)
    writeFileSync(join(folder, `${name}.key`), key)
    return join(folder, name)
  }
  const [a, b] = [pair('a'), pair('b')]
  const hsts =
    '--strict-transport-security-directives invalid, allowed values: max-age=expireTime, includeSubDomains, preload. see https://tools.ietf.org/html/rfc6797#section-6.1 for more information'
  const cases: [ServerOptions, string[]][] = [
    [{ generic: { goawayChance: 0.03 } }, ['--goaway-chance can not be less than 0 or greater than 0.02']],
    [{ generic: { goawayChance: Number.NaN } }, ['--goaway-chance can not be less than 0 or greater than 0.02']],
    [{ generic: { requestTimeoutMs: -1 } }, ['--request-timeout can not be negative value']],
    [{ generic: { strictTransportSecurityDirectives: ['preload', 'x', 'max-age=1'] } }, [hsts]],
    [
      { secureServing: { port: 65_536 } },
      ['--secure-port 65536 must be between 1 and 65535, inclusive. It cannot be turned off with 0'],
    ],
    [{ secureServing: { minTlsVersion: 'x' as TlsVersion } }, ['unknown tls version "x"']],
    [
      { secureServing: { curvePreferences: [23, 1] } },
      ['curve preference 1 is not supported by the current Go version'],
    ],
    [{ secureServing: { cipherSuites: ['X'] } }, ["Cipher suite X not supported or doesn't exist"]],
    [
      { secureServing: { certificate: { kind: 'files', certFile: `${a}.crt`, keyFile: '' } } },
      ['--tls-cert-file and --tls-private-key-file: certificate and private key must both be given'],
    ],
    [
      { secureServing: { certificate: { kind: 'files', certFile: `${a}.crt`, keyFile: `${b}.key` } } },
      [`--tls-cert-file and --tls-private-key-file: ${b}.key is not the private key of ${a}.crt`],
    ],
    [
      { authorization: { modes: ['Foo' as AuthorizationMode, 'RBAC', 'RBAC'] } },
      [
        'authorization-mode "Foo" is not a valid mode',
        'authorization-mode ["Foo" "RBAC" "RBAC"] has mode specified more than once',
      ],
    ],
    [{ admission: { disable: ['Foo'] } }, ['disable-admission-plugins plugin "Foo" is unknown']],
    [{ admission: { enable: ['Foo'] } }, ['enable-admission-plugins plugin "Foo" is unknown']],
    [{ admission: { only: ['Foo'] } }, ['admission-control plugin "Foo" is unknown']],
    [
      { admission: { only: ['AlwaysAdmit'], enable: ['AlwaysDeny'] } },
      ['admission-control and enable-admission-plugins/disable-admission-plugins flags are mutually exclusive'],
    ],
    [
      { admission: { enable: ['Priority', 'AlwaysDeny'], disable: ['Priority', 'AlwaysDeny'] } },
      ['[AlwaysDeny Priority] in enable-admission-plugins and disable-admission-plugins overlapped'],
    ],
    [
      { authentication: { serviceAccounts: { issuers: ['a', ''] } } },
      [
        'service-account-issuer should not be an empty string',
        '--service-account-signing-key-file, --service-account-issuer, and --api-audiences should be specified together',
      ],
    ],
    [
      { authentication: { serviceAccounts: { issuers: ['%:'], maxTokenExpirationMs: 1_800_000 } } },
      ['the service-account-max-token-expiration must be between 1 hour and 2^32 seconds'],
    ],
    [{ features: { gates: { Foo: true } } }, ['unrecognized feature gate: Foo']],
    [{ apiEnablement: { runtimeConfig: { 'foo/v1': 'true' } } }, ['unknown api groups foo/v1']],
    [
      { logs: { format: 'xml' as LogFormat, vmodule: 'a=1' } },
      [
        'format: Invalid value: "xml": Unsupported log format',
        'vmodule: Forbidden: Only supported for text log format',
      ],
    ],
    [
      { network: { serviceClusterIpRanges: ['10.0.0.0/24', '10.1.0.0/24'] } },
      ['--service-cluster-ip-range[0] and --service-cluster-ip-range[1] must be of different IP family'],
    ],
    [{ network: { serviceClusterIpRanges: ['10.0.0.0/24', 'fd00::/64'] } }, []],
    [
      { network: { serviceClusterIpRanges: ['fd00::/64'] } },
      ['service IP family "fd00::/64" must match public address family "192.0.2.7"'],
    ],
    [{ network: { serviceClusterIpRanges: ['x'] } }, ['service-cluster-ip-range[0] is not a valid cidr']],
    [
      { network: { kubernetesServiceNodePort: 80 } },
      ["kubernetes service node port range 30000-32767 doesn't contain 80"],
    ],
  ]
  for (const [options, want] of cases) test(JSON.stringify(options), () => expect(problems(options)).toEqual(want))

  test('tells all problems at once', () => {
    const found = problems({
      generic: { shutdownDelayMs: -1 },
      secureServing: { bindAddress: 'x' },
      authentication: { clientCaFile: '/nonexistent/ca.crt' },
      network: { eventTtlMs: -1 },
    })
    expect(found).toHaveLength(5)
    expect(found).toContain(
      "unable to load client CA file: ENOENT: no such file or directory, open '/nonexistent/ca.crt'",
    )
  })
})

describe('CIDRs', () => {
  const cases: [string, string, number][] = [
    ['10.0.0.9/24', '10.0.0.1', 256],
    ['255.255.255.254/31', '255.255.255.255', 2],
    ['fd00:1:2::/112', 'fd00:1:2::1', 65_536],
    ['1:0:0:2:0:0:0:0/64', '1:0:0:2::1', 2 ** 52],
    ['::/120', '::1', 256],
    ['2001:db8:1:2:3:4:5:0/120', '2001:db8:1:2:3:4:5:1', 256],
    ['::ffff:1.2.3.0/120', '::ffff:102:301', 256],
  ]
  for (const [text, first, size] of cases) {
    test(text, () => {
      const cidr = parseCidr(text)!
      expect([nthAddress(cidr, 1), cidrSize(cidr)]).toEqual([first, size])
    })
  }
  for (const text of ['', '10.0.0.0', '10.0.0.0/33', '010.0.0.0/8', '10.0.0.0/8/8', 'fd00::/129', '10.0.0.0/-1']) {
    test(`refuses ${JSON.stringify(text)}`, () => expect(parseCidr(text)).toBeUndefined())
  }
})
