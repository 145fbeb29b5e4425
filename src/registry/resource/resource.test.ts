import { describe, expect, test } from 'vitest'
import { FieldErrors } from '../../api/index.js'
import { judge } from '../core/testing.js'
import type { RuleContext } from '../rules.js'
import { validateAdminAccess } from './admin-access.js'
import { deviceclasses } from './deviceclasses.js'
import { devicetaintrules } from './devicetaintrules.js'
import { resourceclaims } from './resourceclaims.js'
import { resourceclaimtemplates } from './resourceclaimtemplates.js'
import { resourcepoolstatusrequests } from './resourcepoolstatusrequests.js'
import { resourceslices } from './resourceslices.js'

const group = 'resource.k8s.io'
const alpha = ['DRAListTypeAttributes', 'DRANodeAllocatableResources']

describe('DeviceClasses', () => {
  const { created, changed } = judge(deviceclasses, 'DeviceClass', group)
  const config = (parameters: unknown) => ({ spec: { config: [{ opaque: { driver: 'd.test', parameters } }] } })
  const at = 'spec.config[0].opaque.parameters'
  const large = { text: 'x'.repeat(10240) }

  test.each<[object, string[]]>([
    [{}, []],
    [{ spec: { selectors: [{}] } }, ['spec.selectors[0].cel: Required value']],
    [{ spec: { config: [{}] } }, ['spec.config[0].opaque: Required value']],
    [config(undefined), [`${at}: Required value`]],
    [config([]), [`${at}: Invalid value: "<value omitted>": must be a valid JSON object`]],
    [config(large), [`${at}: Too long: may not be more than 10240 bytes`]],
    [{ spec: { extendedResourceName: 'a.test/gpu' } }, []],
    [
      { spec: { extendedResourceName: 'gpu' } },
      ['spec.extendedResourceName: Invalid value: "gpu": must be a valid extended resource name'],
    ],
    [
      { spec: { selectors: Array.from({ length: 33 }, () => ({ cel: {} })) } },
      ['spec.selectors: Too many: 33: must have at most 32 items'],
    ],
  ])('%#', (object, wrong) => expect(created(object)).toEqual(wrong))

  test('parameters that were stored may be large', () => expect(changed(config(large), config(large))).toEqual([]))
})

describe('ResourceClaims', () => {
  const { read, created, changed, statusChanged } = judge(resourceclaims, 'ResourceClaim', group)
  const exactly = { deviceClassName: 'c' }
  const claim = (...requests: object[]) => ({ spec: { devices: { requests } } })
  const having = (more: object) => ({ spec: { devices: { requests: [{ name: 'r', exactly }], ...more } } })
  const request = (more: object) => claim({ name: 'r', exactly: { ...exactly, ...more } })
  const at = 'spec.devices.requests[0]'
  const unknown =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"

  test.each<[object, string[]]>([
    [{}, []],
    [request({}), []],
    [claim({ name: 'r' }), [`${at}: Required value: exactly one of \`exactly\` or \`firstAvailable\` is required`]],
    [
      claim({ name: 'r', exactly, firstAvailable: [{ name: 's', ...exactly }] }),
      [
        `${at}: Invalid value: null: exactly one of \`exactly\` or \`firstAvailable\` is required, but multiple fields are set`,
      ],
    ],
    [
      claim({ name: 'r', firstAvailable: [{ name: 's', ...exactly }, { name: 's' }] }),
      [`${at}.firstAvailable[1].deviceClassName: Required value`, `${at}.firstAvailable[1]: Duplicate value: "s"`],
    ],
    [
      request({ allocationMode: 'All', count: 2 }),
      [`${at}.exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'`],
    ],
    [
      request({ tolerations: [{ operator: 'Exists', value: 'v' }, { effect: 'Some' }] }),
      [
        `${at}.exactly.tolerations[0].value: Invalid value: "v": must be empty for operator \`Exists\``,
        `${at}.exactly.tolerations[1].effect: Unsupported value: "Some": supported values: "NoExecute", "NoSchedule", "None"`,
      ],
    ],
    [having({ constraints: [{ requests: ['r'], matchAttribute: 'd.test/a' }] }), []],
    [
      having({ constraints: [{ requests: ['r/s', 'a/b/c'], distinctAttribute: 'a' }, {}] }),
      [
        `spec.devices.constraints[0].requests[0]: Invalid value: "r/s": ${unknown}`,
        `spec.devices.constraints[0].requests[1]: Invalid value: "a/b/c": ${unknown}`,
        'spec.devices.constraints[0].distinctAttribute: Invalid value: "a": a fully qualified name must be a domain and a name separated by a slash',
        'spec.devices.constraints[1]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
      ],
    ],
  ])('%j', (object, wrong) => expect(created(object)).toEqual(wrong))

  test('one device by default; the spec stays', () => {
    expect(read(request({})).spec.devices.requests[0].exactly).toMatchObject({ allocationMode: 'ExactCount', count: 1 })
    expect(read(request({ allocationMode: 'All' })).spec.devices.requests[0].exactly.count).toBeUndefined()
    expect(changed(request({}), request({ count: 2 }))[0]).toMatch(
      /^spec: Invalid value: \{"Devices":.*: field is immutable$/,
    )
  })

  test('administration is for namespaces that say so', () => {
    const wrong = (labels: Record<string, string> | undefined): string => {
      const errors = new FieldErrors()
      const requests = [{ exactly }, { exactly: { ...exactly, adminAccess: true } }]
      validateAdminAccess(
        requests,
        { namespace: 'ns', namespaceLabels: () => labels } as unknown as RuleContext,
        errors,
      )
      return errors.message
    }
    const path = 'spec.devices.requests[1].adminAccess'
    expect(wrong({ 'resource.kubernetes.io/admin-access': 'true' })).toBe('[]')
    expect(wrong({})).toBe(
      `${path}: Forbidden: admin access to devices requires the \`resource.kubernetes.io/admin-access: true\` label on the containing namespace`,
    )
    expect(wrong(undefined)).toMatch(/could not retrieve namespace/)
  })

  const result = { request: 'r', driver: 'd.test', pool: 'p', device: 'dev' }
  const allocated = (status: object = {}, more: object = {}) => ({
    ...request({}),
    status: { allocation: { devices: { results: [{ ...result, ...more }] } }, ...status },
  })

  test.each<[string, object, object, string[]]>([
    ['allocated', request({}), allocated(), []],
    [
      'reserved without devices',
      request({}),
      { status: { reservedFor: [{ resource: 'pods', name: 'p', uid: '1' }] } },
      ['status.reservedFor: Forbidden: may not be specified when `allocated` is not set'],
    ],
    [
      'another request',
      request({}),
      allocated({}, { request: 'x' }),
      [`status.allocation.devices.results[0].request: Invalid value: "x": ${unknown}`],
    ],
    [
      'a share without a name',
      request({}),
      allocated({}, { shareID: 'x' }),
      [
        'status.allocation.devices.results[0].shareID: Invalid value: "x": error validating uid: invalid UUID length: 1',
      ],
    ],
    [
      'conditions to fail without those to bind',
      request({}),
      allocated({}, { bindingFailureConditions: ['a'] }),
      [
        'status.allocation.devices.results[0].bindingConditions: Invalid value: null: bindingConditions are required to use bindingFailureConditions',
      ],
    ],
    [
      'a device nobody allocated',
      allocated(),
      allocated({ devices: [{ driver: 'd.test', pool: 'p', device: 'other' }] }),
      [
        'status.devices[0]: Invalid value: {"Driver":"d.test","Pool":"p","Device":"other","ShareID":""}: must be an allocated device in the claim',
      ],
    ],
    [
      'addresses',
      allocated(),
      allocated({ devices: [{ driver: 'd.test', pool: 'p', device: 'dev', networkData: { ips: ['10.0.0.1'] } }] }),
      [
        'status.devices[0].networkData.ips[0]: Invalid value: "10.0.0.1": must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)',
      ],
    ],
  ])('status: %s', (_, old, change, wrong) => expect(statusChanged(old, change)).toEqual(wrong))

  test('an allocation stays, and takes its devices with it', () => {
    expect(statusChanged(allocated(), allocated({}, { device: 'other' }))[0]).toMatch(
      /^status.allocation: .*field is immutable$/,
    )
    const device = { driver: 'd.test', pool: 'p', device: 'dev' }
    expect(statusChanged(allocated({ devices: [device] }), { status: { devices: [device] } })).toEqual([])
  })
})

test('ResourceClaimTemplates give labels and annotations only', () => {
  const { created } = judge(resourceclaimtemplates, 'ResourceClaimTemplate', group)
  const spec = { devices: { requests: [{ name: 'r' }] } }
  const metadata = { labels: { a: 'b' }, name: 'n', uid: 'u', deletionGracePeriodSeconds: 0, finalizers: ['a/b'] }
  expect(created({ spec: { metadata, spec } })).toEqual([
    'spec.metadata.name: Forbidden: cannot be set',
    'spec.metadata.uID: Forbidden: cannot be set',
    'spec.metadata.deletionGracePeriodSeconds: Forbidden: cannot be set',
    'spec.metadata.finalizers: Forbidden: cannot be set',
    'spec.spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
  ])
})

test('devices of a status that nothing changes in are left alone', () => {
  const status = Object.freeze({ devices: Object.freeze([{ driver: 'd.test', pool: 'p', device: 'd' }]) })
  const claim = { metadata: {}, status }
  resourceclaims.prepareForStatusUpdate!(
    claim as never,
    { metadata: {}, status } as never,
    { enabled: () => true } as never,
  )
  expect(claim.status).toBe(status)
})

describe('ResourceSlices', () => {
  const { read, created, changed, warnings } = judge(resourceslices, 'ResourceSlice', group, alpha)
  const pool = { name: 'p', generation: 0, resourceSliceCount: 1 }
  const slice = (more: object) => ({ spec: { driver: 'd.test', pool, nodeName: 'n', ...more } })
  const device = (more: object) => slice({ devices: [{ name: 'dev', ...more }] })
  const capacity = (requestPolicy: object) =>
    device({ allowMultipleAllocations: true, capacity: { mem: { value: '10', requestPolicy } } })
  const at = 'spec.devices[0]'
  const policy = `${at}.capacity[mem].requestPolicy`
  const one = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'

  test.each<[object, string[]]>([
    [device({ attributes: { a: { int: 1 }, 'd.test/b': { version: '1.2.3-x+y' } } }), []],
    [slice({ nodeName: undefined }), [`spec: Required value: ${one}`]],
    [
      slice({ sharedCounters: [], devices: [] }),
      ['spec: Invalid value: "": only one of `sharedCounters` or `devices` is allowed'],
    ],
    [
      slice({ allNodes: true }),
      [`spec: Invalid value: "{\`nodeName\`, \`allNodes\`}": ${one}, but multiple fields are set`],
    ],
    [slice({ allNodes: false }), ['spec.allNodes: Invalid value: false: must be either unset or set to true']],
    [
      device({ attributes: { a: {} } }),
      [`${at}.attributes[a]: Invalid value: "": exactly one value must be specified`],
    ],
    [
      device({ attributes: { '1': { bool: true }, '/x': { version: '1' } } }),
      [
        `${at}.attributes: Invalid value: "1": a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')`,
        `${at}.attributes: Invalid value: "": the domain must not be empty`,
        `${at}.attributes[/x].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0`,
      ],
    ],
    [
      device({ attributes: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`a${i}`, { int: i }])) }),
      [`${at}: Invalid value: 33: the total number of attributes and capacities must not exceed 32`],
    ],
    [
      slice({ devices: Array.from({ length: 129 }, (_, i) => ({ name: `d${i}` })) }),
      ['spec.devices: Too many: 129: must have at most 128 items'],
    ],
    [
      slice({
        devices: Array.from({ length: 65 }, (_, i) => ({ name: `d${i}`, taints: [{ key: 'k', effect: 'None' }] })),
      }),
      ['spec.devices: Too many: 65: must have at most 64 items'],
    ],
    [device({ taints: [{ key: 'k' }] }), [`${at}.taints[0].effect: Required value`]],
    [
      device({ allNodes: true }),
      [
        `${at}: Invalid value: null: \`nodeName\`, \`nodeSelector\` and \`allNodes\` can only be set if \`perDeviceNodeSelection\` is set to true in the ResourceSlice spec`,
      ],
    ],
    [device({ consumesCounters: [{ counterSet: 'c' }] }), [`${at}.consumesCounters[0].counters: Required value`]],
    [slice({ sharedCounters: [{ name: 'c', counters: { a: { value: '1' } } }] }), []],
    [
      device({ capacity: { mem: { value: '1', requestPolicy: {} } } }),
      [`${policy}: Forbidden: allowMultipleAllocations must be true`],
    ],
    [capacity({ default: '2', validValues: ['1', '2'] }), []],
    [
      capacity({ default: '3', validValues: ['11', '1'] }),
      [
        `${policy}.validValues[1]: Invalid value: "1": values must be sorted in ascending order`,
        `${policy}.validValues[0]: Invalid value: "11": option is larger than capacity value: 10`,
        `${policy}.validValues: Invalid value: "3": default value is not valid according to the requestPolicy`,
      ],
    ],
    [
      capacity({ default: '4', validRange: { min: '1', max: '12', step: '2' } }),
      [
        `${policy}.validRange.max: Invalid value: "12": max is larger than capacity value: 10`,
        `${policy}.validRange.step: Invalid value: "4": value is not a multiple of a given step (2) from (1)`,
        `${policy}.validRange.step: Invalid value: "12": value is not a multiple of a given step (2) from (1)`,
      ],
    ],
    [
      capacity({ default: '1', validRange: { min: '1', step: '0' } }),
      [`${policy}.validRange.step: Invalid value: "1": value is not a multiple of a given step (0) from (1)`],
    ],
  ])('%#', (object, wrong) => expect(created(object)).toEqual(wrong))

  test('fields whose gate is off go', () => {
    const spec = device({ attributes: { a: { ints: [1] } } })
    expect(created(spec)).toEqual([`${at}.attributes[a]: Invalid value: "": exactly one value must be specified`])
    expect(judge(resourceslices, 'ResourceSlice', group).created(spec)).toEqual([])
    const empty = device({ attributes: { a: { ints: [] } } })
    expect(created(empty)).toEqual([`${at}.attributes[a]: Invalid value: "": exactly one value must be specified`])
    expect(judge(resourceslices, 'ResourceSlice', group).created(empty)).toEqual([
      `${at}.attributes[a].ints: Invalid value: []: must not be empty if specified`,
    ])
  })

  test('where devices are stays, taints get a time, capitals a warning', () => {
    expect(changed(slice({}), slice({ nodeName: 'm', driver: 'e.test' }))).toEqual([
      'spec.driver: Invalid value: "e.test": field is immutable',
      'spec.nodeName: Invalid value: "m": field is immutable',
    ])
    const [taint] = read(device({ taints: [{ key: 'k', effect: 'None' }] })).spec.devices[0].taints
    expect(taint.timeAdded).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(warnings(slice({ driver: 'D.test' }))).toEqual([
      'spec.driver: driver names should be lowercase; "D.test" contains uppercase characters',
    ])
  })
})

test('DeviceTaintRules', () => {
  const { created, changed } = judge(devicetaintrules, 'DeviceTaintRule', group, [], 'v1alpha3')
  const body = (effect: string) => ({ spec: { deviceSelector: { device: 'dev' }, taint: { key: 'k', effect } } })
  expect(created(body('NoExecute'))).toEqual([])
  expect(created(body('Some'))).toHaveLength(1)
  expect(changed(body('Some'), body('Some'))).toEqual([])
})

test('ResourcePoolStatusRequests', () => {
  const { created, changed, statusChanged } = judge(
    resourcepoolstatusrequests,
    'ResourcePoolStatusRequest',
    group,
    [],
    'v1alpha3',
  )
  const body = (more: object = {}) => ({ spec: { driver: 'd.test', ...more } })
  expect(created(body())).toEqual([])
  expect(created({ spec: { limit: 1001, poolName: 'a//b' } })).toEqual([
    'spec.driver: Required value',
    'spec.poolName: Invalid value: "a//b": segment 1: must not be empty',
    'spec.limit: Invalid value: 1001: must be less than or equal to 1000',
  ])
  expect(changed(body(), body({ limit: 5 }))).toEqual(['spec: Invalid value: null: field is immutable'])
  const answered = { ...body(), status: { poolCount: 0 } }
  expect(statusChanged(body(), answered)).toEqual([])
  expect(statusChanged(answered, { status: { poolCount: 1 } })[0]).toMatch(/^status: .*field is immutable$/)
})
