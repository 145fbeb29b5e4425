import { beforeAll, describe, expect, test } from 'vitest'
import { judge } from '../core/testing.js'
import { loadExpressions } from './cel/load-expressions.js'
import { mutatingadmissionpolicies } from './mutatingadmissionpolicies.js'
import { mutatingadmissionpolicybindings } from './mutatingadmissionpolicybindings.js'
import { mutatingwebhookconfigurations } from './mutatingwebhookconfigurations.js'
import { validatingadmissionpolicies } from './validatingadmissionpolicies.js'
import { validatingadmissionpolicybindings } from './validatingadmissionpolicybindings.js'
import { validatingwebhookconfigurations } from './validatingwebhookconfigurations.js'

const group = 'admissionregistration.k8s.io'
const off = ['ManifestBasedAdmissionControlConfig']
const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }

// The registry does this before it judges.
beforeAll(() => loadExpressions())

describe('webhook configurations', () => {
  const { read, created, changed } = judge(
    validatingwebhookconfigurations,
    'ValidatingWebhookConfiguration',
    group,
    off,
  )
  const webhook = {
    name: 'a.b.test',
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    clientConfig: { url: 'https://a.test' },
  }
  const having = (more: object) => ({ webhooks: [{ ...webhook, ...more }] })
  const resources = (...list: string[]) => having({ rules: [{ ...rule, resources: list }] })
  const at = 'webhooks[0].rules[0].resources'

  test.each<[object, string[]]>([
    [having({}), []],
    [
      { webhooks: [{}] },
      [
        'webhooks[0].name: Required value',
        'webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun',
        'webhooks[0].clientConfig: Required value: exactly one of url or service is required',
        'webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1',
      ],
    ],
    [
      having({ name: 'a.b' }),
      ['webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots'],
    ],
    [
      having({ timeoutSeconds: 31 }),
      ['webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds'],
    ],
    [
      having({ admissionReviewVersions: ['v9', 'v9'] }),
      [
        'webhooks[0].admissionReviewVersions[1]: Invalid value: "v9": duplicate version',
        'webhooks[0].admissionReviewVersions: Invalid value: ["v9","v9"]: must include at least one of v1, v1beta1',
      ],
    ],
    [{ webhooks: [webhook, webhook] }, ['webhooks[1].name: Duplicate value: "a.b.test"']],
    [having({ clientConfig: { service: { name: 'n' } } }), ['webhooks[0].clientConfig.service.name: Required value']],
    [resources('pods', 'pods/log'), []],
    [resources('*', 'pods/log'), []],
    [
      resources('*', 'pods'),
      [`${at}: Invalid value: ["*","pods"]: if '*' is present, must not specify other resources without subresources`],
    ],
    [
      resources('*/*', 'pods'),
      [`${at}: Invalid value: ["*/*","pods"]: if '*/*' is present, must not specify other resources`],
    ],
    [
      resources('pods/*', 'pods/log'),
      [`${at}[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`],
    ],
    [
      resources('*/log', 'pods/log'),
      [`${at}[1]: Invalid value: "pods/log": if '*/log' is present, must not specify pods/log`],
    ],
    [
      having({ rules: [{ operations: ['*', 'CREATE'], apiGroups: ['*', 'a'], apiVersions: [''], resources: [] }] }),
      [
        `webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations`,
        `webhooks[0].rules[0].apiGroups: Invalid value: ["*","a"]: if '*' is present, must not specify other API groups`,
        'webhooks[0].rules[0].apiVersions[0]: Required value',
        `${at}: Required value`,
      ],
    ],
    [
      having({
        matchConditions: [
          { name: 'a', expression: ' ' },
          { name: 'a', expression: 'true' },
        ],
      }),
      [
        'webhooks[0].matchConditions[0].expression: Required value',
        'webhooks[0].matchConditions[1].name: Duplicate value: "a"',
      ],
    ],
    [
      having({ matchConditions: Array.from({ length: 65 }, (_, i) => ({ name: `c${i}`, expression: 'true' })) }),
      ['webhooks[0].matchConditions: Too many: 65: must have at most 64 items'],
    ],
  ])('%j', (object, wrong) => expect(created(object)).toEqual(wrong))

  test('what was stored stays', () => {
    const odd = having({
      sideEffects: 'Some',
      admissionReviewVersions: ['v9'],
      objectSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: ['?'] }] },
    })
    expect(created(odd)).toHaveLength(3)
    expect(changed(odd, odd)).toEqual([])
    expect(changed(odd, having({ sideEffects: 'Any' }))).toEqual([
      'webhooks[0].sideEffects: Unsupported value: "Any": supported values: "None", "NoneOnDryRun", "Some", "Unknown"',
    ])
  })

  test('defaults and reserved names', () => {
    const mutating = judge(mutatingwebhookconfigurations, 'MutatingWebhookConfiguration', group, off)
    const defaults = {
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
      timeoutSeconds: 10,
    }
    const service = { rules: [rule], clientConfig: { service: { name: 'n', namespace: 'm' } } }
    const filled = { ...defaults, rules: [{ scope: '*' }], clientConfig: { service: { port: 443 } } }
    expect(read(having(service)).webhooks[0]).toMatchObject(filled)
    expect(mutating.read(having(service)).webhooks[0]).toMatchObject({ ...filled, reinvocationPolicy: 'Never' })
    const reserved =
      'names ending with ".static.k8s.io" are reserved for static manifest-based configurations and cannot be managed via the API'
    const named = { metadata: { name: 'a.static.k8s.io' } }
    expect(mutating.warnings(named)).toEqual([`metadata.name: ${reserved}`])
    expect(mutating.created(named)).toEqual([])
    const on = judge(mutatingwebhookconfigurations, 'MutatingWebhookConfiguration', group)
    expect(on.created(named)).toEqual([`metadata.name: Invalid value: "a.static.k8s.io": ${reserved}`])
  })
})

describe('admission policies', () => {
  const validating = judge(validatingadmissionpolicies, 'ValidatingAdmissionPolicy', group, off)
  const mutating = judge(mutatingadmissionpolicies, 'MutatingAdmissionPolicy', group, off)
  const matchConstraints = { resourceRules: [rule] }
  const policy = (more: object) => ({ spec: { matchConstraints, validations: [{ expression: 'true' }], ...more } })

  test.each<[object, string[]]>([
    [policy({}), []],
    [
      {},
      [
        'spec.matchConstraints: Required value',
        'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
        'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
      ],
    ],
    [policy({ matchConstraints: {} }), ['spec.matchConstraints.resourceRules: Required value']],
    [
      policy({ matchConstraints: { resourceRules: [{ ...rule, resourceNames: ['a', 'a', 'b/c'] }] } }),
      [
        'spec.matchConstraints.resourceRules[0].resourceNames[1]: Duplicate value: "a"',
        `spec.matchConstraints.resourceRules[0].resourceNames[2]: Invalid value: "b/c": may not contain '/'`,
      ],
    ],
    [
      policy({ paramKind: { apiVersion: 'a/b/c' } }),
      [
        'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
        'spec.paramKind.kind: Required value',
      ],
    ],
    [
      policy({ paramKind: { apiVersion: 'a.test/', kind: 'K' } }),
      ['spec.paramKind.apiVersion: Invalid value: "a.test/": version must be specified'],
    ],
    [
      policy({ variables: [{ name: 'in', expression: '1' }, { name: ' ' }] }),
      [
        'spec.variables[0].name: Invalid value: "in": must be a valid CEL identifier',
        'spec.variables[1].name: Required value: name is not specified',
        'spec.variables[1].expression: Required value: expression is not specified',
      ],
    ],
    [
      policy({ validations: [{ message: 'a\nb', reason: 'Unauthorized', messageExpression: ' ' }] }),
      [
        'spec.validations[0].expression: Required value: expression is not specified',
        'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified',
        'spec.validations[0].message: Invalid value: "a\\nb": must not contain line breaks',
        'spec.validations[0].reason: Unsupported value: "Unauthorized": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
      ],
    ],
    [
      policy({ auditAnnotations: [{ key: 'k', valueExpression: "'x'" }, { key: 'k' }] }),
      [
        'spec.auditAnnotations[1].valueExpression: Required value: valueExpression is not specified',
        'spec.auditAnnotations[1].key: Duplicate value: "k"',
      ],
    ],
  ])('validating %j', (object, wrong) => expect(validating.created(object)).toEqual(wrong))

  const jsonPatch = { expression: "[JSONPatch{op: 'remove', path: '/data'}]" }
  const mutation = (more: object, operation = 'CREATE') => ({
    spec: {
      matchConstraints: { resourceRules: [{ ...rule, operations: [operation] }] },
      mutations: [{ patchType: 'JSONPatch', jsonPatch, ...more }],
      reinvocationPolicy: 'Never',
    },
  })

  test.each<[object, string[]]>([
    [mutation({}), []],
    [
      mutation({}, 'DELETE'),
      [
        'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
      ],
    ],
    [
      mutation({ patchType: 'ApplyConfiguration' }),
      [
        'spec.mutations[0].applyConfiguration: Required value: must be specified when patchType is ApplyConfiguration',
        'spec.mutations[0].jsonPatch: Invalid value: "{jsonPatch}": must not be specified when patchType is ApplyConfiguration',
      ],
    ],
    [mutation({ jsonPatch: {} }), ['spec.mutations[0].jsonPatch.expression: Required value']],
    [
      { spec: { matchConstraints } },
      [
        'spec.mutations: Required value: mutations must contain at least one item',
        'spec.reinvocationPolicy: Required value',
      ],
    ],
  ])('mutating %j', (object, wrong) => expect(mutating.created(object)).toEqual(wrong))

  test('status', () => {
    const expressionWarnings = [
      { fieldRef: ' ', warning: '' },
      { fieldRef: 'a[', warning: 'w' },
      { fieldRef: 'spec.validations[0].expression', warning: 'w' },
    ]
    expect(validating.statusChanged(policy({}), { status: { typeChecking: { expressionWarnings } } })).toEqual([
      'status.typeChecking.expressionWarnings[0].warning: Required value',
      'status.typeChecking.expressionWarnings[0].fieldRef: Required value',
      'status.typeChecking.expressionWarnings[1].fieldRef: Invalid value: "a[": invalid JSONPath: unterminated array',
    ])
  })
})

describe('bindings', () => {
  const validating = judge(validatingadmissionpolicybindings, 'ValidatingAdmissionPolicyBinding', group, off)
  const mutating = judge(mutatingadmissionpolicybindings, 'MutatingAdmissionPolicyBinding', group, off)
  const exclusive = 'Forbidden: name and selector are mutually exclusive'

  test.each<[object, string[]]>([
    [{ policyName: 'p', validationActions: ['Deny', 'Audit'] }, []],
    [
      {},
      [
        'spec.policyName: Required value',
        'spec.validationActions: Required value: at least one validation action is required',
      ],
    ],
    [
      { policyName: 'p', validationActions: ['Deny', 'Warn', 'Warn'] },
      [
        'spec.validationActions[2]: Duplicate value: "Warn"',
        'spec.validationActions: Invalid value: ["Deny","Warn","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ],
    ],
    [
      { policyName: 'p', validationActions: ['Deny'], paramRef: { name: 'n', selector: {} } },
      [
        `spec.paramRef.name: ${exclusive}`,
        `spec.paramRef.selector: ${exclusive}`,
        'spec.paramRef.parameterNotFoundAction: Required value',
      ],
    ],
  ])('validating %j', (spec, wrong) => expect(validating.created({ spec })).toEqual(wrong))

  test('mutating ones cannot be about deletion', () => {
    const matchResources = { resourceRules: [{ ...rule, operations: ['DELETE'] }] }
    expect(mutating.created({ spec: { policyName: 'p', matchResources } })).toEqual([
      'spec.matchResources.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    ])
  })
})
