import { describe, expect, test } from 'vitest'
import { ApiError, DecodeError, decode, JsonNumber, type KubeObject, kindShape, structShape } from '../api/index.js'
import { type DecodeBodyOptions, type DecodedBody, decodeBody } from './decode-body.js'
import { decodeOptionsBody } from './decode-options.js'

const configMap: DecodeBodyOptions = {
  expected: { group: '', version: 'v1', kind: 'ConfigMap' },
  fieldValidation: '',
  target: { shape: kindShape('', 'v1', 'ConfigMap')! },
}

const send = async (text: string, type = 'application/json', options = configMap): Promise<DecodedBody> =>
  await decodeBody(Buffer.from(text), type, options)

const refusal = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.then(
    () => undefined,
    (e: unknown) => e,
  )
  expect(error).toBeInstanceOf(ApiError)
  return `${(error as ApiError).code} ${(error as ApiError).message}`
}

describe('what a body without type meta is', () => {
  for (const text of ['{}', 'null', '{"kind":"ConfigMap"}', '{"apiVersion":"v1"}', '{"apiVersion":"","kind":""}']) {
    test(text, async () => {
      const { object } = await send(text)
      expect(JSON.stringify(object)).toBe('{"kind":"ConfigMap","apiVersion":"v1","metadata":{}}')
    })
  }
})

describe('refusals in upstream’s words', () => {
  const unrecognized = 'the object provided is unrecognized (must be of type ConfigMap)'
  const noKind = "couldn't get version/kind; json parse error"
  const goStruct =
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
  const cases: Readonly<Record<string, string>> = {
    '': `${unrecognized}: ${noKind}: unexpected end of JSON input (<empty>)`,
    ' ': `${unrecognized}: ${noKind}: unexpected end of JSON input (20)`,
    '{': `${unrecognized}: ${noKind}: unexpected end of JSON input ({)`,
    '[]': `${unrecognized}: ${noKind}: json: cannot unmarshal array into Go value of type ${goStruct} (5b5d)`,
    '{"apiVersion":5,"kind":"ConfigMap"}': `${unrecognized}: ${noKind}: json: cannot unmarshal number into Go struct field .apiVersion of type string ({"apiVersion":5,"kind":"Config ...)`,
    '{"apiVersion":"a/b/c"}': `${unrecognized}: unexpected GroupVersion string: a/b/c ({"apiVersion":"a/b/c"})`,
    '{"apiVersion":"v1","kind":"Pod"}':
      'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
    '{"apiVersion":"v1","kind":"ConfigMapList"}':
      'ConfigMapList in version "v1" cannot be handled as a ConfigMap: converting (v1.ConfigMapList) to (core.ConfigMap): unknown conversion',
    '{"apiVersion":"v9","kind":"ConfigMap"}':
      'ConfigMap in version "v9" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v9" in scheme "pkg/runtime/scheme.go:111"',
    '{"metadata":[]}':
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal array into Go struct field ConfigMap.metadata of type v1.ObjectMeta',
    '{"metadata":{"generation":1.0}}':
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number 1.0 into Go struct field ObjectMeta.metadata.generation of type int64',
  }
  for (const [text, message] of Object.entries(cases)) {
    test(JSON.stringify(text), async () => expect(await refusal(send(text))).toBe(`400 ${message}`))
  }

  test('another version of the kind', async () => {
    const options: DecodeBodyOptions = {
      expected: { group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler' },
      fieldValidation: '',
      target: { shape: kindShape('autoscaling', 'v2', 'HorizontalPodAutoscaler')! },
    }
    const text = '{"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler"}'
    expect(await refusal(send(text, 'application/json', options))).toBe(
      '400 the API version in the data (autoscaling/v1) does not match the expected API version (autoscaling/v2)',
    )
    const taken = await send(text, 'application/json', { ...options, accepts: ({ group }) => group === 'autoscaling' })
    expect(taken.type.version).toBe('v1')
    expect(taken.object.spec).toMatchObject({ maxReplicas: 0 })
  })

  test('another media type', async () => {
    const others = new Map([['application/vnd.kubernetes.protobuf', () => send('{}')]])
    const options = { ...configMap, others }
    expect(await refusal((async () => send('{}', 'text/plain', options))())).toBe(
      '415 the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    )
    expect((await send('', 'application/vnd.kubernetes.protobuf', options)).object.kind).toBe('ConfigMap')
    expect((await send('{}', 'Application/JSON; charset="utf-8"')).object.kind).toBe('ConfigMap')
  })
})

test('what is wrong with a body of a version that is not taken', async () => {
  const warned: string[] = []
  const deployment: DecodeBodyOptions = {
    expected: { group: 'apps', version: 'v1', kind: 'Deployment' },
    fieldValidation: 'Warn',
    target: { shape: kindShape('apps', 'v1', 'Deployment')! },
    warn: (text) => warned.push(text),
  }
  const body = '{"apiVersion":"extensions/v1beta1","kind":"Deployment","metadata":{"x":1}}'
  expect(await refusal(send(body, 'application/json', deployment))).toBe(
    '400 the API version in the data (extensions/v1beta1) does not match the expected API version (apps/v1)',
  )
  expect(warned).toEqual(['unknown field "metadata.x"'])
})

describe('integers of 64 bits without a sign in YAML', () => {
  const lease: DecodeBodyOptions = {
    expected: { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' },
    fieldValidation: '',
    target: { shape: kindShape('coordination.k8s.io', 'v1', 'Lease')! },
  }
  const read = (text: string) => refusal(send(text, 'application/yaml', lease))
  for (const body of ['spec: {leaseTransitions: N}', '{"spec": {"leaseTransitions": N}}'])
    test.each([
      ['9223372036854775807', '9223372036854775807'],
      ['9223372036854775808', '9223372036854775808'],
      ['18446744073709551615', '18446744073709551615'],
      ['18446744073709551616', '18446744073709552000'],
    ])(`${body}: %s`, async (literal, told) =>
      expect(await read(body.replace('N', literal))).toBe(
        `400 Lease in version "v1" cannot be handled as a Lease: json: cannot unmarshal number ${told} into Go struct field LeaseSpec.spec.leaseTransitions of type int32`,
      ),
    )
  test('floats are what they are worth', async () => {
    for (const literal of ['1.0', '1e2'])
      expect((await send(`{"spec": {"leaseTransitions": ${literal}}}`, 'application/yaml', lease)).object.spec).toEqual(
        {
          leaseTransitions: Number(literal),
        },
      )
  })
})

describe('field validation', () => {
  const body = '{"data":{"a":"1","a":"2"},"foo":1}'
  const yaml = 'data:\n  a: "1"\n  a: "2"\nfoo: 1\n'
  const problems = ['duplicate field "data.a"', 'unknown field "foo"']
  test('Warn, also by default', async () => {
    const { object, warnings } = await send(body)
    expect(object.data).toEqual({ a: '2' })
    expect(warnings).toEqual(problems)
    expect((await send(yaml, 'application/yaml')).warnings).toEqual([
      'line 3: key "a" already set in map',
      'unknown field "foo"',
    ])
  })
  test('Ignore', async () => {
    expect((await send(body, 'application/json', { ...configMap, fieldValidation: 'Ignore' })).warnings).toEqual([])
  })
  test('Strict', async () => {
    const strict = { ...configMap, fieldValidation: 'Strict' as const }
    const prefix = '400 ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error:'
    expect(await refusal((async () => send(body, 'application/json', strict))())).toBe(
      `${prefix} ${problems.join(', ')}`,
    )
    expect(await refusal(send(yaml, 'application/yaml', strict))).toBe(
      `${prefix} yaml: unmarshal errors:\n  line 3: key "a" already set in map, unknown field "foo"`,
    )
  })
})

test('numbers out of range in custom resources', async () => {
  const options: DecodeBodyOptions = {
    expected: { group: 'example.test', version: 'v1', kind: 'Widget' },
    fieldValidation: 'Warn',
    target: { decode: (raw) => raw as KubeObject },
  }
  const body = '{"apiVersion":"example.test/v1","kind":"Widget","n":1e400}'
  expect(await refusal((async () => send(body, 'application/json', options))())).toBe(
    '400 Widget in version "v1" cannot be handled as a Widget: json: cannot unmarshal number 1e400 into Go value of type float64',
  )
})

test('custom resources say themselves what they are', async () => {
  const metadata = structShape('meta.v1.ObjectMeta')
  const options: DecodeBodyOptions = {
    expected: { group: 'example.test', version: 'v1', kind: 'Widget' },
    fieldValidation: 'Strict',
    target: {
      decode: (raw, given) => {
        const object = raw as KubeObject
        if (Array.isArray(object.spec)) throw new DecodeError('no')
        return { ...object, metadata: decode(object.metadata, metadata, given) }
      },
    },
  }
  expect(await refusal((async () => send('{}', 'application/json', options))())).toBe(
    "400 the object provided is unrecognized (must be of type Widget): Object 'Kind' is missing in '{}' ({})",
  )
  expect(await refusal((async () => send('{"kind":"Widget"}', 'application/json', options))())).toBe(
    '400 the API version in the data () does not match the expected API version (example.test/v1)',
  )
  expect(
    await refusal(
      (async () => send('{"Kind":"Widget","ApiVersion":"example.test/v1"}', 'application/json', options))(),
    ),
  ).toContain("Object 'Kind' is missing in")
  const ignoring = { ...options, fieldValidation: 'Ignore' } as const
  expect(await refusal(send('b: 1\na: <x>\n', 'application/yaml', ignoring))).toBe(
    `400 Widget in version "v1" cannot be handled as a Widget: Object 'Kind' is missing in '{"a":"\\u003cx\\u003e","b":1}'`,
  )
  const text = '{"apiVersion":"example.test/v1","kind":"Widget","spec":{"n":1.0,"big":9007199254740993}}'
  expect((await send(text, 'application/json', options)).object.spec).toEqual({
    n: new JsonNumber('1.0'),
    big: 9007199254740993n,
  })
  // YAML has become JSON before, in which a whole number is an integer.
  expect((await send(text, 'application/yaml', options)).object.spec).toEqual({ n: 1, big: 9007199254740993n })
})

test('DeleteOptions', async () => {
  const shape = structShape('meta.v1.DeleteOptions')
  const read = (text: string, type?: string) => decodeOptionsBody(Buffer.from(text), type, { shape })
  expect(await read('{"gracePeriodSeconds":0,"foo":1}')).toEqual({ gracePeriodSeconds: 0 })
  expect(await read('kind: DeleteOptions\napiVersion: apps/v1\n', 'application/yaml')).toMatchObject({
    kind: 'DeleteOptions',
  })
  expect(await refusal(read('apiVersion: v1\n'))).toBe(
    "400 couldn't get version/kind; json parse error: invalid character 'a' looking for beginning of value",
  )
  expect(await refusal(read('{}', 'text/plain'))).toMatch(/^415 /)
  const grace = (what: string) =>
    `400 json: cannot unmarshal ${what} into Go struct field DeleteOptions.gracePeriodSeconds of type int64`
  for (const literal of ['1.0', '1e1', '9223372036854775808', '1e400'])
    expect(await refusal(read(`{"gracePeriodSeconds":${literal}}`))).toBe(grace(`number ${literal}`))
  expect(await read('gracePeriodSeconds: 1.0\n', 'application/yaml')).toEqual({ gracePeriodSeconds: 1 })
  expect(await refusal(read('gracePeriodSeconds: 18446744073709551615\n', 'application/yaml'))).toBe(
    grace('number 18446744073709551615'),
  )
  expect(await refusal(read('{"gracePeriodSeconds":"x","gracePeriodSeconds":5}'))).toBe(grace('string'))
  const kind = (kind: string, apiVersion: string) => refusal(read(JSON.stringify({ kind, apiVersion })))
  for (const [name, version] of [
    ['CreateOptions', 'apps/v1'],
    ['Status', 'v1'],
    ['Table', 'meta.k8s.io/v1beta1'],
    ['ListOptions', 'meta.k8s.io/v1'],
  ] as const)
    expect(await kind(name, version)).toBe(`400 converting (v1.${name}) to (v1.DeleteOptions): unknown conversion`)
  for (const [name, version] of [
    ['Table', 'v1'],
    ['ListOptions', 'meta.k8s.io/v1beta1'],
    ['ConfigMap', 'v1'],
  ] as const)
    expect(await kind(name, version)).toBe(
      `400 no kind "${name}" is registered for version "${version}" in scheme "pkg/runtime/scheme.go:111"`,
    )
})
