import { describe, expect, test } from 'vitest'
import { judge } from '../core/testing.js'
import { flowschemas } from './flowschemas.js'
import { prioritylevelconfigurations } from './prioritylevelconfigurations.js'

const group = 'flowcontrol.apiserver.k8s.io'

describe('FlowSchemas', () => {
  const { created } = judge(flowschemas, 'FlowSchema', group)
  const subjects = [{ kind: 'User', user: { name: 'u' } }]
  const resource = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }
  const rule = (more: object) => ({
    spec: { priorityLevelConfiguration: { name: 'l' }, rules: [{ subjects, resourceRules: [resource], ...more }] },
  })
  const at = 'spec.rules[0]'

  test.each<[object, string[]]>([
    [rule({}), []],
    [{}, ['spec.priorityLevelConfiguration.name: Required value: must reference a priority level']],
    [
      rule({ resourceRules: [] }),
      [`${at}: Required value: at least one of resourceRules and nonResourceRules has to be non-empty`],
    ],
    [
      rule({ subjects: [{ kind: 'Group', user: { name: 'u' } }] }),
      [
        `${at}.subjects[0].group: Required value: group is required when subject kind is 'Group'`,
        `${at}.subjects[0].user: Forbidden: user is forbidden when subject kind is not 'User'`,
      ],
    ],
    [
      rule({ subjects: [{ kind: 'ServiceAccount', serviceAccount: { name: '*' } }] }),
      [`${at}.subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account`],
    ],
    [
      rule({ resourceRules: [{ ...resource, verbs: ['get', '*'], namespaces: null }] }),
      [
        `${at}.resourceRules[0].verbs: Invalid value: ["get","*"]: if '*' is present, must not specify other verbs`,
        `${at}.resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace`,
      ],
    ],
    ...(
      [
        ['', 'must not be empty'],
        ['a', 'must start with slash'],
        ['/a b', 'must not contain white-space'],
        ['/a//b', 'must not contain double slash'],
        ['/a*', 'wildcard can only do suffix matching'],
        ['/*/a/*', 'wildcard can only do suffix matching'],
      ] as const
    ).map(([url, detail]): [object, string[]] => [
      rule({ nonResourceRules: [{ verbs: ['get'], nonResourceURLs: [url, '/a/*', '/'] }] }),
      [`${at}.nonResourceRules[0].nonResourceURLs[0]: Invalid value: "${url}": ${detail}`],
    ]),
  ])('%j', (object, wrong) => expect(created(object)).toEqual(wrong))

  test('what the server cannot do without is fixed', () => {
    const spec = { priorityLevelConfiguration: { name: 'exempt' }, matchingPrecedence: 1 }
    const rules = [
      {
        subjects: [{ kind: 'Group', group: { name: 'system:masters' } }],
        resourceRules: [{ ...resource, clusterScope: true }],
        nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
      },
    ]
    expect(created({ metadata: { name: 'exempt' }, spec: { ...spec, rules } })).toEqual([])
    expect(created({ metadata: { name: 'exempt' }, spec })[0]).toMatch(/spec of 'exempt' must equal the fixed value$/)
    expect(created({ metadata: { name: 'other' }, spec })).toEqual([
      "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
    ])
  })
})

describe('PriorityLevelConfigurations', () => {
  const { read, created, statusChanged } = judge(prioritylevelconfigurations, 'PriorityLevelConfiguration', group)
  const limited = (more: object) => ({
    spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' }, ...more } },
  })
  const queuing = (more: object) => limited({ limitResponse: { type: 'Queue', queuing: more } })
  const at = 'spec.limited.limitResponse.queuing'

  test.each<[object, string[]]>([
    [limited({}), []],
    [queuing({}), []],
    [{}, ['spec.type: Required value']],
    [{ spec: { type: 'Limited' } }, ['spec.limited: Required value: must not be empty when type is Limited']],
    [
      { spec: { type: 'Exempt' } },
      ["spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'"],
    ],
    [
      limited({ lendablePercent: 101 }),
      ['spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive'],
    ],
    [queuing({ handSize: 65 }), [`${at}.handSize: Invalid value: 65: should not be greater than queues (64)`]],
    [
      queuing({ queues: 128, handSize: 9 }),
      [
        `${at}.handSize: Invalid value: 9: required entropy bits of deckSize 128 and handSize 9 should not be greater than 60`,
      ],
    ],
    [
      queuing({ queues: 10000001, handSize: 1 }),
      [`${at}.queues: Invalid value: 10000001: must not be greater than 10000000`],
    ],
    [
      limited({ limitResponse: { type: 'Queue' } }),
      [`${at}: Required value: must not be empty if limited.limitResponse.type is Limited`],
    ],
  ])('%j', (object, wrong) => expect(created(object)).toEqual(wrong))

  test('defaults and status', () => {
    expect(read(queuing({})).spec.limited).toEqual({
      nominalConcurrencyShares: 30,
      lendablePercent: 0,
      limitResponse: { type: 'Queue', queuing: { handSize: 8, queues: 64, queueLengthLimit: 50 } },
    })
    const exempt = { metadata: { name: 'exempt' }, spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 7 } } }
    expect(created(exempt)).toEqual([])
    const conditions = [{ type: 'A' }, { type: 'A' }, {}]
    expect(statusChanged(exempt, { status: { conditions } })).toEqual([
      'status.conditions[1].type: Duplicate value: "A"',
      'status.conditions[2].type: Required value',
    ])
  })
})
