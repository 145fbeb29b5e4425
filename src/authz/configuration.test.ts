import { describe, expect, test } from 'vitest'
import { readAuthorizationConfiguration, validateAuthorizationConfiguration } from './configuration.js'

const document = (authorizers: readonly object[], more: object = {}): Buffer =>
  Buffer.from(
    JSON.stringify({
      apiVersion: 'apiserver.config.k8s.io/v1beta1',
      kind: 'AuthorizationConfiguration',
      authorizers,
      ...more,
    }),
  )

const webhook = (more: object = {}): object => ({
  type: 'Webhook',
  name: 'hook',
  webhook: {
    timeout: '3s',
    subjectAccessReviewVersion: 'v1',
    failurePolicy: 'Deny',
    connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: '/there' },
    ...more,
  },
})

const checks = {
  fileProblem: (path: string) => (path === '/there' ? undefined : 'error loading file: none'),
  expressionProblem: (expression: string) => (expression === 'bad' ? 'compilation failed: bad' : undefined),
}

const problemOf = async (bytes: Buffer, requiredTypes?: ReadonlySet<string>): Promise<string> => {
  try {
    const configuration = await readAuthorizationConfiguration(bytes)
    validateAuthorizationConfiguration(configuration, {
      ...checks,
      ...(requiredTypes === undefined ? {} : { requiredTypes }),
    })
    return 'fine'
  } catch (error) {
    return (error as Error).message
  }
}

test('defaults of a webhook', async () => {
  const { authorizers } = await readAuthorizationConfiguration(document([webhook()]))
  expect(authorizers[0]!.webhook).toEqual({
    authorizedTtl: 300_000_000_000n,
    cacheAuthorizedRequests: true,
    unauthorizedTtl: 30_000_000_000n,
    cacheUnauthorizedRequests: true,
    timeout: 3_000_000_000n,
    subjectAccessReviewVersion: 'v1',
    matchConditionSubjectAccessReviewVersion: '',
    failurePolicy: 'Deny',
    connectionType: 'KubeConfigFile',
    kubeConfigFile: '/there',
    matchConditions: [],
  })
})

const rbac = { type: 'RBAC', name: 'rbac' }
const conditions = (...expressions: string[]): object => ({
  matchConditionSubjectAccessReviewVersion: 'v1',
  matchConditions: expressions.map((expression) => ({ expression })),
})
const at = 'authorizers[0]'
const cases: readonly [what: string, bytes: Buffer, problem: string][] = [
  ['all is well', document([webhook(), rbac, { type: 'Node', name: 'node' }]), 'fine'],
  ['nobody', document([]), 'authorizers: Required value: at least one authorization mode must be defined'],
  ['no type', document([{ name: 'x' }]), `${at}.type: Required value`],
  [
    'another type',
    document([{ type: 'Odd', name: 'x' }]),
    `${at}.type: Unsupported value: "Odd": supported values: "ABAC", "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"`,
  ],
  ['the same type twice', document([rbac, rbac]), 'authorizers[1].type: Duplicate value: "RBAC"'],
  ['no name', document([{ type: 'RBAC' }]), `${at}.name: Required value`],
  ['a name twice', document([webhook(), webhook()]), 'authorizers[1].name: Duplicate value: "hook"'],
  [
    'an odd name',
    document([{ ...webhook(), name: 'A' }]),
    `${at}.name: Invalid value: "A": authorizer name is invalid: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
  ],
  ['another name', document([{ ...rbac, name: 'x' }]), 'expected name rbac for authorizer RBAC instead of x'],
  [
    'no webhook',
    document([{ type: 'Webhook', name: 'a' }]),
    `${at}.webhook: Required value: required when type=Webhook`,
  ],
  [
    'a webhook too many',
    document([{ ...rbac, webhook: {} }]),
    `${at}.webhook: Invalid value: "non-null": may only be specified when type=Webhook`,
  ],
  [
    'an empty webhook',
    document([{ type: 'Webhook', name: 'a', webhook: {} }]),
    `[${at}.timeout: Required value, ${at}.subjectAccessReviewVersion: Required value, ${at}.failurePolicy: Required value, ${at}.connectionInfo.type: Required value]`,
  ],
  [
    'a long timeout',
    document([webhook({ timeout: '31s' })]),
    `${at}.timeout: Invalid value: "31s": must be > 0s and <= 30s`,
  ],
  [
    'a negative time',
    document([webhook({ authorizedTTL: '-1s' })]),
    `${at}.authorizedTTL: Invalid value: "-1s": must be > 0s`,
  ],
  [
    'another policy',
    document([webhook({ failurePolicy: 'Allow' })]),
    `${at}.failurePolicy: Unsupported value: "Allow": supported values: "NoOpinion", "Deny"`,
  ],
  [
    'a relative file',
    document([webhook({ connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: 'x' } })]),
    `${at}.connectionInfo.kubeConfigFile: Invalid value: "x": must be an absolute path`,
  ],
  [
    'a file that is not there',
    document([webhook({ connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: '/x' } })]),
    `${at}.connectionInfo.kubeConfigFile: Invalid value: "/x": error loading file: none`,
  ],
  [
    'another connection',
    document([webhook({ connectionInfo: { type: 'Odd' } })]),
    `${at}.connectionInfo.type: Unsupported value: {"Type":"Odd","KubeConfigFile":null}: supported values: "InClusterConfig", "KubeConfigFile"`,
  ],
  [
    'conditions without a version',
    document([webhook({ matchConditions: [{ expression: 'x' }] })]),
    `${at}.matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are specified`,
  ],
  [
    'bad conditions',
    document([webhook(conditions('x', 'x', ' ', 'bad'))]),
    `[${at}.matchConditions[1].expression: Duplicate value: "x", ${at}.matchConditions[2].expression: Required value, ${at}.matchConditions[3].expression: Invalid value: "bad": compilation failed: bad]`,
  ],
  [
    'too many conditions',
    document([webhook(conditions(...Array.from({ length: 65 }, (_, i) => `${i}`)))]),
    `${at}.matchConditions: Too many: 65: must have at most 64 items`,
  ],
  ['unknown fields', document([{ ...rbac, x: 1 }]), 'strict decoding error: unknown field "authorizers[0].x"'],
  ['no duration', document([webhook({ timeout: 'soon' })]), 'time: invalid duration "soon"'],
  [
    'another kind',
    Buffer.from('{"apiVersion":"v1","kind":"Pod"}'),
    'no kind "Pod" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
  ],
  ['no kind', Buffer.from('apiVersion: v1\n'), "Object 'Kind' is missing in 'apiVersion: v1\n'"],
  [
    'no object',
    Buffer.from('[]'),
    'couldn\'t get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }',
  ],
  [
    'no list',
    Buffer.from('{"apiVersion":"apiserver.config.k8s.io/v1","kind":"AuthorizationConfiguration","authorizers":5}'),
    'json: cannot unmarshal number into Go struct field AuthorizationConfiguration.authorizers of type []v1.AuthorizerConfiguration',
  ],
  [
    'a text for a flag',
    document([webhook({ cacheAuthorizedRequests: 'x' })]),
    'json: cannot unmarshal string into Go struct field WebhookConfiguration.authorizers.webhook.cacheAuthorizedRequests of type bool',
  ],
]
describe('validation', () => {
  test.each(cases)('%s', async (_, bytes, problem) => {
    expect(await problemOf(bytes)).toBe(problem)
  })

  test('types that the server was started with have to stay', async () => {
    expect(await problemOf(document([webhook()]), new Set(['RBAC', 'Node']))).toBe(
      'missing required types: [Node RBAC]',
    )
  })
})
