import { expect, test } from 'vitest'
import { judge } from '../core/testing.js'
import { apiservices } from './apiservices.js'

const { created, changed, statusChanged } = judge(apiservices, 'APIService', 'apiregistration.k8s.io')
const body = (more: object, name = 'v1.a.test') => ({
  metadata: { name },
  spec: { group: 'a.test', version: 'v1', groupPriorityMinimum: 100, versionPriority: 100, ...more },
})
const service = { namespace: 'n', name: 's' }

test.each<[object, string[]]>([
  [body({}), []],
  [body({ service }), []],
  [
    body({}, 'v2.a.test'),
    ['metadata.name: Invalid value: "v2.a.test": must be `spec.version+"."+spec.group`: "v1.a.test"'],
  ],
  [body({ group: '' }, 'v1.'), []],
  [
    body({ group: '', version: 'v2' }, 'v2.'),
    ['spec.group: Required value: only v1 may have an empty group and it better be legacy kube'],
  ],
  [
    body({ groupPriorityMinimum: 20001 }),
    ['spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000'],
  ],
  [
    body({ caBundle: 'YWJj', insecureSkipTLSVerify: true }),
    [
      'spec.caBundle: Invalid value: "3 bytes": local APIServices may not have a caBundle',
      'spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify',
    ],
  ],
  [
    body({ service: { port: 0 }, caBundle: 'YWJj', insecureSkipTLSVerify: true }),
    [
      'spec.service.namespace: Required value',
      'spec.service.name: Required value',
      'spec.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
      'spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present',
    ],
  ],
])('%j', (object, wrong) => expect(created(object)).toEqual(wrong))

test('changes', () => {
  expect(changed(body({}), body({ version: 'v2' }))).toEqual([
    'metadata.name: Invalid value: "v1.a.test": must be `spec.version+"."+spec.group`: "v2.a.test"',
  ])
  expect(statusChanged(body({}), { status: { conditions: [{ type: 'Available', status: 'Maybe' }] } })).toEqual([
    'status.conditions[0].status: Unsupported value: "Maybe": supported values: "True", "False", "Unknown"',
  ])
})
