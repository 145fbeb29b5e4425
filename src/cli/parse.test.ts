import { describe, expect, test } from 'vitest'
import { sections } from './flags/table.js'
import { parseFlags } from './parse.js'

const parse = (...args: string[]) => parseFlags('kube-apiserver', sections, args)

describe('values', () => {
  const cases: { args: string[]; name: string; want: unknown }[] = [
    { args: ['--secure-port', '443'], name: 'secure-port', want: 443 },
    { args: ['--secure-port=0x10'], name: 'secure-port', want: 16 },
    { args: ['--secure-port=1', '--secure-port=2'], name: 'secure-port', want: 2 },
    { args: ['--secure_port=7'], name: 'secure-port', want: 7 },
    { args: [], name: 'secure-port', want: 6443 },
    { args: ['--profiling'], name: 'profiling', want: true },
    { args: ['--profiling=false'], name: 'profiling', want: false },
    { args: ['--profiling=F'], name: 'profiling', want: false },
    { args: ['-v', '2'], name: 'v', want: 2 },
    { args: ['-v=2'], name: 'v', want: 2 },
    { args: ['-v2'], name: 'v', want: 2 },
    { args: ['--v=4'], name: 'v', want: 4 },
    { args: ['--request-timeout=1h30m0.5s'], name: 'request-timeout', want: 5_400_500 },
    { args: ['--request-timeout=-1ms'], name: 'request-timeout', want: -1 },
    { args: ['--request-timeout', '0'], name: 'request-timeout', want: 0 },
    { args: ['--bind-address=::1'], name: 'bind-address', want: '::1' },
    { args: ['--bind-address='], name: 'bind-address', want: '' },
    { args: ['--goaway-chance=.01'], name: 'goaway-chance', want: 0.01 },
    { args: ['--authorization-mode=Node,RBAC'], name: 'authorization-mode', want: ['Node', 'RBAC'] },
    {
      args: ['--authorization-mode=Node', '--authorization-mode=RBAC'],
      name: 'authorization-mode',
      want: ['Node', 'RBAC'],
    },
    { args: ['--cors-allowed-origins="a,b",c'], name: 'cors-allowed-origins', want: ['a,b', 'c'] },
    { args: ['--cors-allowed-origins='], name: 'cors-allowed-origins', want: [] },
    {
      args: ['--kubelet-preferred-address-types=InternalIP'],
      name: 'kubelet-preferred-address-types',
      want: ['InternalIP'],
    },
    {
      args: ['--service-account-issuer=a,b', '--service-account-issuer=c'],
      name: 'service-account-issuer',
      want: ['a,b', 'c'],
    },
    { args: ['--tls-curve-preferences=29,23'], name: 'tls-curve-preferences', want: [29, 23] },
    {
      args: ['--tls-sni-cert-key=a.crt,a.key', '--tls-sni-cert-key', 'b.crt, b.key : *.x, x'],
      name: 'tls-sni-cert-key',
      want: [
        { certFile: 'a.crt', keyFile: 'a.key', names: [] },
        { certFile: 'b.crt', keyFile: 'b.key', names: ['*.x', 'x'] },
      ],
    },
    {
      args: ['--runtime-config=api/all=false,apps/v1=true', '--runtime-config', 'v1'],
      name: 'runtime-config',
      want: new Map([
        ['api/all', 'false'],
        ['apps/v1', 'true'],
        ['v1', ''],
      ]),
    },
    {
      args: ['--feature-gates=A=true,kube:B=false', '--feature-gates=C=1'],
      name: 'feature-gates',
      want: new Map([
        ['', ['A=true', 'C=1']],
        ['kube', ['B=false']],
      ]),
    },
    { args: ['--service-node-port-range=80+10'], name: 'service-node-port-range', want: [80, 90] },
    { args: ['--service-node-port-range= 80 '], name: 'service-node-port-range', want: [80, 80] },
    { args: ['--vmodule=a*=2,b=3,'], name: 'vmodule', want: ['a*=2', 'b=3'] },
    { args: ['--version'], name: 'version', want: 'true' },
    { args: ['--version=raw'], name: 'version', want: 'raw' },
    { args: ['--version=v1.36.3-mine.1'], name: 'version', want: 'v1.36.3-mine.1' },
    { args: ['--oidc-required-claim=__proto__=x'], name: 'oidc-required-claim', want: new Map([['__proto__', 'x']]) },
    { args: ['--allow-metric-labels=a,b=1'], name: 'allow-metric-labels', want: new Map([['a,b', '1']]) },
  ]
  for (const { args, name, want } of cases) {
    test(args.join(' ') || '(nothing)', () => expect(parse(...args).values.get(name)).toEqual(want))
  }
})

describe('errors', () => {
  const cases: { args: string[]; want: string }[] = [
    { args: ['--x'], want: 'unknown flag: --x' },
    { args: ['--x=1'], want: 'unknown flag: --x' },
    { args: ['-x'], want: "unknown shorthand flag: 'x' in -x" },
    { args: ['-xyz'], want: "unknown shorthand flag: 'x' in -xyz" },
    { args: ['---x'], want: 'bad flag syntax: ---x' },
    { args: ['--=x'], want: 'bad flag syntax: --=x' },
    { args: ['--secure-port'], want: 'flag needs an argument: --secure-port' },
    { args: ['-v'], want: "flag needs an argument: 'v' in -v" },
    { args: ['foo'], want: '"kube-apiserver" does not take any arguments, got ["foo"]' },
    { args: ['a', '--profiling', 'b c'], want: '"kube-apiserver" does not take any arguments, got ["a" "b c"]' },
    { args: ['--', '--x'], want: '"kube-apiserver" does not take any arguments, got ["--x"]' },
    { args: ['--profiling', 'false'], want: '"kube-apiserver" does not take any arguments, got ["false"]' },
    {
      args: ['--secure-port=x'],
      want: 'invalid argument "x" for "--secure-port" flag: strconv.ParseInt: parsing "x": invalid syntax',
    },
    {
      args: ['--secure-port=9223372036854775808'],
      want: 'invalid argument "9223372036854775808" for "--secure-port" flag: strconv.ParseInt: parsing "9223372036854775808": value out of range',
    },
    { args: ['-v=x'], want: 'invalid argument "x" for "-v, --v" flag: strconv.ParseUint: parsing "x": invalid syntax' },
    {
      args: ['--profiling=maybe'],
      want: 'invalid argument "maybe" for "--profiling" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    },
    {
      args: ['--request-timeout=5'],
      want: 'invalid argument "5" for "--request-timeout" flag: time: missing unit in duration "5"',
    },
    {
      args: ['--request-timeout=5x'],
      want: 'invalid argument "5x" for "--request-timeout" flag: time: unknown unit "x" in duration "5x"',
    },
    {
      args: ['--request-timeout='],
      want: 'invalid argument "" for "--request-timeout" flag: time: invalid duration ""',
    },
    {
      args: ['--goaway-chance=x'],
      want: 'invalid argument "x" for "--goaway-chance" flag: strconv.ParseFloat: parsing "x": invalid syntax',
    },
    {
      args: ['--bind-address=010.0.0.1'],
      want: 'invalid argument "010.0.0.1" for "--bind-address" flag: failed to parse IP: "010.0.0.1"',
    },
    {
      args: ['--oidc-required-claim=x'],
      want: 'invalid argument "x" for "--oidc-required-claim" flag: malformed pair, expect string=string',
    },
    {
      args: ['--allow-metric-labels=x'],
      want: 'invalid argument "x" for "--allow-metric-labels" flag: x must be formatted as key=value',
    },
    {
      args: ['--tls-sni-cert-key=a'],
      want: 'invalid argument "a" for "--tls-sni-cert-key" flag: expected comma separated certificate and key file paths',
    },
    {
      args: ['--tls-sni-cert-key=a,b:'],
      want: 'invalid argument "a,b:" for "--tls-sni-cert-key" flag: empty names list is not allowed',
    },
    {
      args: ['--service-node-port-range=9-8'],
      want: 'invalid argument "9-8" for "--service-node-port-range" flag: end port cannot be less than start port: 9-8',
    },
    {
      args: ['--service-node-port-range=a'],
      want: 'invalid argument "a" for "--service-node-port-range" flag: strconv.Atoi: parsing "a": invalid syntax',
    },
    {
      args: ['--vmodule=a'],
      want: 'invalid argument "a" for "--vmodule" flag: "a" does not have the pattern=N format',
    },
    {
      args: ['--vmodule=a=x'],
      want: 'invalid argument "a=x" for "--vmodule" flag: parsing verbosity in "a=x": strconv.ParseUint: parsing "x": invalid syntax',
    },
    {
      args: ['--cors-allowed-origins=a"b'],
      want: 'invalid argument "a\\"b" for "--cors-allowed-origins" flag: parse error on line 1, column 2: bare " in non-quoted-field',
    },
    {
      args: ['--version=v1.36.4'],
      want: 'invalid argument "v1.36.4" for "--version" flag: version "v1.36.4" must match major/minor/patch of default version "v1.36.3"',
    },
  ]
  for (const { args, want } of cases) {
    test(args.join(' '), () => expect(() => parse(...args)).toThrow(want))
  }
})

test('help wins over positional arguments, but not over unknown flags', () => {
  expect(parse('-h', 'x').help).toBe(true)
  expect(parse('--help=false').help).toBe(false)
  expect(() => parse('--help', '--x')).toThrow('unknown flag: --x')
})

test('a deprecated flag is noticed each time', () => {
  const { notices } = parse('--enable-logs-handler', '--enable-logs-handler=false')
  expect(notices).toEqual(
    Array(2).fill('Flag --enable-logs-handler has been deprecated, This flag will be removed in v1.19'),
  )
})

test('only flags on the command line are given', () => {
  expect([...parse('--profiling', '-v1').given]).toEqual(['profiling', 'v'])
})
