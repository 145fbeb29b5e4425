import { describe, expect, test } from 'vitest'
import { judge } from '../core/testing.js'
import { ingressclasses } from './ingressclasses.js'
import { ingresses } from './ingresses.js'
import { networkpolicies } from './networkpolicies.js'

const group = 'networking.k8s.io'

describe('Ingresses', () => {
  const { created, changed, statusChanged, warnings } = judge(ingresses, 'Ingress', group)
  const backend = { service: { name: 's', port: { number: 80 } } }
  const path = (more: object) => ({
    rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...more }] } }],
  })
  const at = 'spec.rules[0].http.paths[0]'

  test.each<[object, string[]]>([
    [{ defaultBackend: backend }, []],
    [{}, ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified']],
    [{ defaultBackend: {} }, ['spec.defaultBackend: Invalid value: "": resource or service backend is required']],
    [
      { defaultBackend: { ...backend, resource: { kind: 'K', name: 'n' } } },
      ['spec.defaultBackend: Invalid value: "": cannot set both resource and service backends'],
    ],
    [
      { defaultBackend: { service: { port: { name: 'http', number: 80 } } } },
      [
        'spec.defaultBackend.service.name: Required value',
        'spec.defaultBackend: Invalid value: "": cannot set both port name & port number',
      ],
    ],
    [
      { defaultBackend: { resource: { kind: 'a/b' } } },
      [
        `spec.defaultBackend.resource.kind: Invalid value: "a/b": may not contain '/'`,
        'spec.defaultBackend.resource.name: Required value',
      ],
    ],
    [{ rules: [{ http: {} }] }, ['spec.rules[0].http.paths: Required value']],
    [
      { rules: [{ host: '10.0.0.1' }] },
      ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
    ],
    [path({ pathType: null }), [`${at}.pathType: Required value: pathType must be specified`]],
    [
      path({ pathType: '' }),
      [`${at}.pathType: Unsupported value: "": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
    ],
    [path({ path: 'a' }), [`${at}.path: Invalid value: "a": must be an absolute path`]],
    [
      path({ path: '/a//b/..' }),
      [
        `${at}.path: Invalid value: "/a//b/..": must not contain '//'`,
        `${at}.path: Invalid value: "/a//b/..": cannot end with '/..'`,
      ],
    ],
    [path({ pathType: 'ImplementationSpecific', path: '/a//b' }), []],
    [
      path({ pathType: 'Some' }),
      [`${at}.pathType: Unsupported value: "Some": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
    ],
  ])('%j', (spec, wrong) => expect(created({ spec })).toEqual(wrong))

  test('the class is told once', () => {
    const annotations = { 'kubernetes.io/ingress.class': 'a' }
    const spec = { defaultBackend: backend }
    expect(warnings({ metadata: { annotations }, spec })).toEqual([
      `annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`,
    ])
    const both = { metadata: { name: 'x', annotations }, spec: { ...spec, ingressClassName: 'b' } }
    const differ =
      'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified'
    expect(created(both)).toEqual([differ])
    expect(changed(both, both)).toEqual([])
  })

  test('what was stored stays', () => {
    const spec = { defaultBackend: backend, tls: [{ secretName: 'A' }], rules: [{ host: '*.a.test', http: {} }] }
    expect(created({ spec })).toHaveLength(2)
    expect(changed({ spec }, { spec })).toEqual([])
    expect(changed({ spec: { defaultBackend: backend } }, { spec })).toHaveLength(2)
  })

  test('status', () => {
    const status = (ip: string) => ({ spec: {}, status: { loadBalancer: { ingress: [{ ip, hostname: '10.0.0.1' }] } } })
    const ip = 'status.loadBalancer.ingress[0].ip: Invalid value: "010.0.0.1": must not have leading 0s'
    const host =
      'status.loadBalancer.ingress[0].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'
    expect(statusChanged({}, status('010.0.0.1'))).toEqual([ip, host])
    expect(statusChanged(status('010.0.0.1'), status('010.0.0.1'))).toEqual([host])
  })
})

test('names of services may start with a digit, unless the gate is off', () => {
  const { created, changed } = judge(ingresses, 'Ingress', group, ['RelaxedServiceNameValidation'])
  const body = (name: string) => ({ spec: { defaultBackend: { service: { name, port: { number: 1 } } } } })
  expect(judge(ingresses, 'Ingress', group).created(body('1a'))).toEqual([])
  expect(created(body('1a'))).toHaveLength(1)
  expect(changed(body('1a'), body('2a'))).toEqual([])
  expect(changed(body('a'), body('2a'))).toHaveLength(1)
})

describe('IngressClasses', () => {
  const { read, created, changed } = judge(ingressclasses, 'IngressClass', group)
  const body = (parameters?: object, controller = 'example.com/c') => ({ spec: { controller, parameters } })
  const reference = { kind: 'K', name: 'n' }

  test.each<[object, string[]]>([
    [body(), []],
    [body(reference), []],
    [
      body(undefined, 'c'),
      ['spec.controller: Invalid value: "c": must be a domain-prefixed path (such as "acme.io/foo")'],
    ],
    [
      body({ ...reference, namespace: 'n' }),
      ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
    ],
    [
      body({ ...reference, scope: 'Namespace' }),
      ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
    ],
    [
      body({ ...reference, scope: 'Some' }),
      ['spec.parameters.scope: Unsupported value: "Some": supported values: "Cluster", "Namespace"'],
    ],
  ])('%j', (object, wrong) => expect(created(object)).toEqual(wrong))

  test('parameters are of the cluster by default, the controller stays', () => {
    expect(read(body(reference)).spec.parameters.scope).toBe('Cluster')
    const wrong = 'spec.controller: Invalid value: "example.com/d": field is immutable'
    expect(changed(body(), body(undefined, 'example.com/d'))).toEqual([wrong])
  })
})

describe('NetworkPolicies', () => {
  const { read, created, changed, warnings } = judge(networkpolicies, 'NetworkPolicy', group)
  const from = (peer: object) => ({ spec: { podSelector: {}, ingress: [{ from: [peer] }] } })
  const port = (more: object) => ({ spec: { podSelector: {}, egress: [{ ports: [more] }] } })
  const peer = 'spec.ingress[0].from[0]'
  const own = 'spec.egress[0].ports[0]'

  test('types follow from the rules', () => {
    expect(read({}).spec.policyTypes).toEqual(['Ingress'])
    expect(read(port({ port: 1 })).spec).toMatchObject({
      policyTypes: ['Ingress', 'Egress'],
      egress: [{ ports: [{ protocol: 'TCP', port: 1 }] }],
    })
  })

  test.each<[object, string[]]>([
    [from({ podSelector: {} }), []],
    [from({}), [`${peer}: Required value: must specify a peer`]],
    [
      from({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }),
      [`${peer}: Forbidden: may not specify both ipBlock and another peer`],
    ],
    [from({ ipBlock: {} }), [`${peer}.ipBlock.cidr: Required value`]],
    [
      from({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '11.0.0.0/16', '10.0.0.0/8', 'x'] } }),
      [
        `${peer}.ipBlock.except[1]: Invalid value: "11.0.0.0/16": must be a strict subset of \`cidr\``,
        `${peer}.ipBlock.except[2]: Invalid value: "10.0.0.0/8": must be a strict subset of \`cidr\``,
        `${peer}.ipBlock.except[3]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`,
      ],
    ],
    [port({ port: 8, endPort: 7 }), [`${own}.endPort: Invalid value: 8: must be greater than or equal to \`port\``]],
    [port({ endPort: 7 }), [`${own}.endPort: Invalid value: 7: may not be specified when \`port\` is not specified`]],
    [
      port({ port: 'a', endPort: 7 }),
      [`${own}.endPort: Invalid value: 7: may not be specified when \`port\` is non-numeric`],
    ],
    [port({ protocol: 'IP' }), [`${own}.protocol: Unsupported value: "IP": supported values: "TCP", "UDP", "SCTP"`]],
    [
      { spec: { policyTypes: ['Ingress', 'Egress', 'Egress'] } },
      ['spec.policyTypes: Invalid value: ["Ingress","Egress","Egress"]: may not specify more than two policyTypes'],
    ],
  ])('%j', (object, wrong) => expect(created(object)).toEqual(wrong))

  test('blocks that were stored stay valid wherever they stand', () => {
    const odd = from({ ipBlock: { cidr: '10.0.0.1/8' } })
    expect(created(odd)).toEqual([
      `${peer}.ipBlock.cidr: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length`,
    ])
    expect(
      changed(odd, { spec: { podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: '10.0.0.1/8' } }] }] } }),
    ).toEqual([])
    expect(warnings(odd)).toEqual([
      `${peer}.ipBlock.cidr: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)`,
    ])
  })
})
