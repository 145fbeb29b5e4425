import { describe, expect, it } from 'vitest'
import type { Attributes } from '../authz/index.js'
import { compilePolicy } from './policy.js'
import { readPolicy } from './policy-file.js'

const head = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n'
const read = (text: string, warn = (_: string): void => {}) => readPolicy('p.yaml', Buffer.from(text), warn)

const of = (given: Partial<Attributes>): Attributes => ({
  user: { name: 'tim', groups: ['developers', 'system:authenticated'] },
  verb: 'get',
  isResourceRequest: true,
  apiGroup: '',
  apiVersion: 'v1',
  resource: 'pods',
  subresource: '',
  namespace: 'default',
  name: 'a',
  path: '',
  fieldSelector: '',
  labelSelector: '',
  ...given,
})
const path = (text: string): Partial<Attributes> => ({ isResourceRequest: false, path: text, resource: '' })

describe('a rule matches', () => {
  it.each<[rule: string, request: Partial<Attributes>, matches: boolean]>([
    ['', {}, true],
    ['users: [tim]', {}, true],
    ['users: [tom]', {}, false],
    ['userGroups: [testers, developers]', {}, true],
    ['userGroups: [testers]', {}, false],
    ['verbs: [get, list]', {}, true],
    ['verbs: [list]', {}, false],
    ['namespaces: [default]', {}, true],
    ['namespaces: [""]', {}, false],
    ['namespaces: [""]', { namespace: '' }, true],
    ['namespaces: [default]', path('/version'), false],
    ['resources: [{group: ""}]', {}, true],
    ['resources: [{group: apps}]', {}, false],
    ['resources: [{group: "*"}]', { apiGroup: 'apps' }, true],
    ['resources: [{resources: [pods]}]', {}, true],
    ['resources: [{resources: [pods]}]', { subresource: 'log' }, false],
    ['resources: [{resources: [pods/log]}]', { subresource: 'log' }, true],
    ['resources: [{resources: ["pods/*"]}]', { subresource: 'log' }, true],
    ['resources: [{resources: ["*/log"]}]', { subresource: 'log' }, true],
    ['resources: [{resources: ["*/log"]}]', { subresource: 'status' }, false],
    ['resources: [{resources: ["*"]}]', { subresource: 'status' }, true],
    ['resources: [{resources: [pods], resourceNames: [a]}]', {}, true],
    ['resources: [{resources: [pods], resourceNames: [b]}]', {}, false],
    ['resources: [{group: apps}, {resources: [pods]}]', {}, true],
    ['nonResourceURLs: ["/healthz*"]', path('/healthz/etcd'), true],
    ['nonResourceURLs: ["/healthz"]', path('/healthz/etcd'), false],
    ['nonResourceURLs: ["*"]', path('/anything'), true],
    ['nonResourceURLs: ["*"]', {}, false],
  ])('%s against %j: %s', async (rule, request, matches) => {
    const policy = compilePolicy(await read(`${head}rules: [{level: Request${rule === '' ? '' : `, ${rule}`}}]`))
    expect(policy(of(request)).level).toBe(matches ? 'Request' : 'None')
  })
})

it('the first rule that matches decides, and the stages left out add up', async () => {
  const policy = compilePolicy(
    await read(`${head}omitStages: [RequestReceived]
omitManagedFields: true
rules:
- {level: Metadata, users: [tim], omitStages: [Panic], omitManagedFields: false}
- {level: RequestResponse}
`),
  )
  expect(policy(of({}))).toEqual({
    level: 'Metadata',
    omitStages: new Set(['RequestReceived', 'Panic']),
    omitManagedFields: false,
  })
  expect(policy(of({ user: { name: 'tom', groups: [] } }))).toMatchObject({
    level: 'RequestResponse',
    omitManagedFields: true,
  })
})

describe('a policy file is refused', () => {
  it.each<[why: string, text: string, message: string]>([
    [
      'of another kind',
      'apiVersion: v1\nkind: Pod',
      'failed decoding: no kind "Pod" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
    ],
    [
      'without a version',
      'kind: Policy\nrules: [{level: None}]',
      'unknown group version field audit.k8s.io/__internal, Kind=Policy in policy',
    ],
    [
      'with a text for a list',
      `${head}rules: x`,
      'failed decoding: json: cannot unmarshal string into Go struct field Policy.rules of type []v1.PolicyRule',
    ],
    [
      'with a number for a level',
      `${head}rules: [{level: 5}]`,
      'Go struct field PolicyRule.rules.level of type v1.Level',
    ],
    ['with a rule of nothing', `${head}rules: [null]`, 'rules[0].level: Required value'],
    ['without rules', head, 'loaded illegal policy with 0 rules'],
    ['without a level', `${head}rules: [{users: [a]}]`, 'rules[0].level: Required value'],
    [
      'with a level that is none',
      `${head}rules: [{level: All}]`,
      'rules[0].level: Unsupported value: "All": supported values: "None", "Metadata", "Request", "RequestResponse"',
    ],
    [
      'with a stage that is none',
      `${head}omitStages: [foo]\nrules: [{level: None}]`,
      'omitStages[0]: Invalid value: "foo": allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic',
    ],
    [
      'that mixes resources and paths',
      `${head}rules: [{level: None, nonResourceURLs: ["/a"], namespaces: [b]}]`,
      'rules cannot apply to both regular resources and non-resource URLs',
    ],
    [
      'with a star in the middle',
      `${head}rules: [{level: None, nonResourceURLs: ["/a*b", c]}]`,
      `[rules[0].nonResourceURLs[0]: Invalid value: "/a*b": non-resource URL wildcards '*' must be the final character of the rule, rules[0].nonResourceURLs[1]: Invalid value: "c": non-resource URL rules must begin with a '/' character]`,
    ],
    [
      'with a version in the group',
      `${head}rules: [{level: None, resources: [{group: a/v1}]}]`,
      'rules[0].resources.group: Invalid value: "a/v1"',
    ],
    [
      'with names of no resource',
      `${head}rules: [{level: None, resources: [{resourceNames: [x]}]}]`,
      'using resourceNames requires at least one resource',
    ],
  ])('%s', async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(message)
  })

  it('not for fields that nobody knows: they are a warning', async () => {
    const warnings: string[] = []
    const policy = await read(`${head}rules: [{level: None, verb: [get]}]`, (text) => warnings.push(text))
    expect(policy.rules).toHaveLength(1)
    expect(warnings).toEqual([
      'Audit policy contains errors, falling back to lenient decoding: strict decoding error: unknown field "rules[0].verb"',
    ])
  })
})
