import { describe, expect, test } from 'vitest'
import { gitVersion } from '../server/index.js'
import { sections, withDefaults } from './flags/table.js'
import { flagTexts, toOptions } from './options.js'
import { parseFlags } from './parse.js'
import { kubernetesVersion } from './version.js'

const translate = (...args: string[]) => toOptions(sections, parseFlags('kube-apiserver', sections, args))

test('defaults have no problems and no warnings', () => {
  const { problems, warnings, options } = translate()
  expect({ problems, warnings }).toEqual({ problems: [], warnings: [] })
  expect(options.secureServing).toMatchObject({ bindAddress: '0.0.0.0', port: 6443, certDir: '/var/run/kubernetes' })
  expect(options.store).toMatchObject({ dataDir: '/var/lib/kats', fsync: true })
  expect(options.authentication).not.toHaveProperty('anonymous')
})

test('flags arrive in the options', () => {
  const { options, refused } = translate(
    '--tls-cert-file=a.crt',
    '--tls-private-key-file=a.key',
    '--service-account-issuer=i',
    '--service-account-signing-key-file=sa.key',
    '--requestheader-client-ca-file=r.crt',
    '--requestheader-username-headers=X-Remote-User',
    '--service-cluster-ip-range=10.0.0.0/24,fd00::/108',
    '--min-request-timeout=10',
    '--unsafe-no-fsync',
    '--anonymous-auth',
    '--feature-gates=AllAlpha=true,kube:',
  )
  expect(refused).toBe('set kube feature gates with default empty prefix or kube: prefix consistently, do not mix use')
  expect(options.secureServing?.certificate).toEqual({ kind: 'files', certFile: 'a.crt', keyFile: 'a.key' })
  expect(options.authentication).toMatchObject({
    anonymous: true,
    serviceAccounts: { issuers: ['i'], signingKeyFile: 'sa.key' },
    requestHeader: { clientCaFile: 'r.crt', usernameHeaders: ['X-Remote-User'] },
  })
  expect(options.network?.serviceClusterIpRanges).toEqual(['10.0.0.0/24', 'fd00::/108'])
  expect(options.generic?.minRequestTimeoutMs).toBe(10_000)
  expect(options.store?.fsync).toBe(false)
})

test('webhooks, issuers and configurations arrive in the options', () => {
  const { options, problems } = translate(
    '--authentication-token-webhook-config-file=t.conf',
    '--authentication-token-webhook-version=v1',
    '--authentication-token-webhook-cache-ttl=1m',
    '--oidc-issuer-url=https://i',
    '--oidc-client-id=c',
    '--oidc-ca-file=ca.pem',
    '--oidc-username-claim=email',
    '--oidc-username-prefix=u:',
    '--oidc-groups-claim=g',
    '--oidc-groups-prefix=g:',
    '--oidc-signing-algs=RS256,ES256',
    '--oidc-required-claim=a=1,2',
    '--oidc-required-claim=b=3',
    '--authorization-mode=Webhook,ABAC',
    '--authorization-policy-file=p.jsonl',
    '--authorization-webhook-config-file=z.conf',
    '--authorization-webhook-version=v1',
    '--authorization-webhook-cache-authorized-ttl=0s',
    '--authorization-webhook-cache-unauthorized-ttl=1s',
  )
  expect(problems).toEqual([])
  expect(options.authentication).toMatchObject({
    configFile: '',
    tokenWebhook: { configFile: 't.conf', version: 'v1', cacheTtlMs: 60_000 },
    oidc: {
      issuerUrl: 'https://i',
      clientId: 'c',
      caFile: 'ca.pem',
      usernameClaim: 'email',
      usernamePrefix: 'u:',
      groupsClaim: 'g',
      groupsPrefix: 'g:',
      signingAlgorithms: ['RS256', 'ES256'],
      requiredClaims: { a: '1,2', b: '3' },
    },
  })
  expect(options.authorization).toEqual({
    configFile: '',
    modes: ['Webhook', 'ABAC'],
    policyFile: 'p.jsonl',
    webhook: { configFile: 'z.conf', version: 'v1', authorizedTtlMs: 0, unauthorizedTtlMs: 1_000 },
  })
})

test('a file of authorizers takes the place of modes that are a default, and no others', () => {
  const table = withDefaults(sections, { 'authorization-mode': ['RBAC'] })
  const of = (...args: string[]) => toOptions(table, parseFlags('kats', table, ['--authorization-config=f', ...args]))
  expect(of()).toMatchObject({ problems: [], options: { authorization: { configFile: 'f' } } })
  expect(of().options.authorization).not.toHaveProperty('modes')
  const problem =
    '--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined'
  expect(of('--authorization-mode=RBAC').problems).toEqual([problem])
  expect(of('--authorization-webhook-version=v1').problems).toEqual([problem])
})

describe('features that are not built', () => {
  const refused = sections.flatMap(({ flags }) => flags).filter((flag) => flag.notBuilt !== undefined)
  test('are refused by all of their flags', () => {
    for (const flag of refused) {
      const values = new Map(sections.flatMap(({ flags }) => flags.map((each) => [each.name, each.default] as const)))
      values.set(
        flag.name,
        typeof flag.default === 'boolean' ? !flag.default : flag.type.parse(sample(flag.type.name), undefined),
      )
      const { problems } = toOptions(sections, { values, given: new Set(), help: false, notices: [] })
      expect(problems, flag.name).toHaveLength(1)
      expect(problems[0]).toContain(`--${flag.name}: ${flag.notBuilt} is not built yet`)
    }
  })
  test('allow their default to be named', () => {
    expect(translate('--audit-webhook-mode=batch', '--etcd-servers=').problems).toEqual([])
  })
})

test('a flag that changes nothing here is accepted with a warning', () => {
  expect(translate('--watch-cache=false').warnings).toEqual([
    '--watch-cache has no effect: reads and watches are always served by the embedded store and its log of changes',
  ])
})

test('flags in effect are told in order of name', () => {
  const texts = flagTexts(sections, parseFlags('kube-apiserver', sections, ['--etcd-prefix=/a"b']))
  expect(texts).toMatchObject({ 'etcd-prefix': '/a"b', 'event-ttl': '1h0m0s', 'oidc-signing-algs': '[RS256]' })
  expect(Object.keys(texts)).toEqual(Object.keys(texts).sort())
})

test('the command reports the version that the server does', () => {
  expect(kubernetesVersion).toBe(gitVersion)
})

describe('feature gate texts', () => {
  const cases = [
    { args: ['--feature-gates=A'], want: 'missing bool value for A' },
    {
      args: ['--feature-gates=A=x'],
      want: 'invalid value of A=x, err: strconv.ParseBool: parsing "x": invalid syntax',
    },
    { args: ['--feature-gates=etcd:A=true'], want: 'component not registered: etcd' },
  ]
  for (const { args, want } of cases) test(args.join(' '), () => expect(translate(...args).refused).toBe(want))
  test('are read', () => {
    expect(translate('--feature-gates=kube:A=true, kube:B = 0').options.features?.gates).toEqual({ A: true, B: false })
  })
})

const sample = (type: string): string =>
  ({
    int: '7',
    int32Slice: '7',
    portRange: '7',
    float32: '7',
    duration: '7s',
    mapStringString: 'a=b',
    stringToString: 'a=b',
    quantity: '7',
  })[type] ?? 'x'

describe('versions', () => {
  const cases = [
    ['--emulated-version=1.35,1.34', 'duplicate version flag, kube=1.35 and kube=1.34'],
    ['--emulated-version=foo=1.36', 'component not registered: foo'],
    ['--emulated-version=1.36.1', 'patch version not allowed, got: kube=1.36.1'],
    ['--min-compatibility-version=x', 'could not parse "x" as version'],
    ['--min-compatibility-version=2', 'illegal version string "2"'],
    ['--emulated-version=kube=v1.35.0', undefined],
  ] as const
  for (const [arg, want] of cases) test(arg, () => expect(translate(arg).refused).toBe(want))
  test('are read', () => {
    expect(translate('--emulated-version=kube=1.35', '--min-compatibility-version=1.34').options.generic).toMatchObject(
      {
        emulatedVersion: '1.35',
        minCompatibilityVersion: '1.34',
      },
    )
  })
})
