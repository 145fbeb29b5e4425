import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type LibraryServer, libraryServer } from './support/library-server.js'
import { type TlsServer, tlsServer } from './support/tls-server.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-tracing-'))
const collector = new GrpcServer()
const batches: Buffer[] = []
const told: (string | undefined)[] = []
let hook: TlsServer
let server: LibraryServer

beforeAll(async () => {
  const identity = (bytes: Buffer): Buffer => bytes
  const method = {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  }
  collector.addService(
    { Export: method },
    {
      Export: (call: { request: Buffer }, answer: (error: null, bytes: Buffer) => void) => {
        batches.push(call.request)
        answer(null, Buffer.alloc(0))
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) =>
    collector.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, found) =>
      error === null ? resolve(found) : reject(error),
    ),
  )
  hook = await tlsServer((request, response, body) => {
    told.push(request.headers.traceparent as string | undefined)
    const { uid } = JSON.parse(body).request
    response.end(
      JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: { uid, allowed: true } }),
    )
  })
  const file = join(folder, 'tracing.yaml')
  writeFileSync(
    file,
    `kind: TracingConfiguration\napiVersion: apiserver.config.k8s.io/v1\nendpoint: 127.0.0.1:${port}\nsamplingRatePerMillion: 0\n`,
  )
  const tokens = join(folder, 'tokens.csv')
  writeFileSync(tokens, 'root,root,1,system:masters\njane,jane,2,devs\n')
  server = await libraryServer({
    generic: { tracingConfigFile: file },
    authentication: { tokenAuthFile: tokens },
    authorization: { modes: ['AlwaysAllow'] },
  })
  const made = await server.ask('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', {
    token: 'root',
    method: 'POST',
    body: {
      metadata: { name: 'x' },
      webhooks: [
        {
          name: 'x.example.com',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          clientConfig: { url: `${hook.url}/check`, caBundle: Buffer.from(hook.ca).toString('base64') },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
        },
      ],
    },
  })
  expect(made.code).toBe(201)
})
afterAll(async () => {
  await hook.close()
  collector.forceShutdown()
  rmSync(folder, { recursive: true, force: true })
})

it('records what is sampled, tells webhooks, and sends what is left at the end', async () => {
  const trace = '0af7651916cd43dd8448eb211c80319c'
  const create = (token: string, name: string, flags?: string): Promise<unknown> =>
    server.ask('/api/v1/namespaces/default/configmaps', {
      token,
      method: 'POST',
      body: { metadata: { name } },
      ...(flags === undefined
        ? {}
        : { headers: { traceparent: `00-${trace}-b7ad6b7169203331-${flags}`, tracestate: 'a=b' } }),
    })
  await create('root', 'sampled', '01')
  await create('root', 'unsampled', '00')
  await create('jane', 'stranger', '01')
  await create('root', 'untraced')
  await server.stop()

  const [one, two, three, four] = told
  expect(one).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`))
  expect(two).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-00$`))
  for (const other of [three, four]) {
    expect(other).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    expect(other).not.toContain(trace)
  }
  const [resourceSpans] = fieldsOf(Buffer.concat(batches)).get(1)!
  const text = String(resourceSpans)
  expect(text).toContain('service.name')
  expect(text).toContain('service.instance.id')
  const [scopeSpans] = fieldsOf(resourceSpans!).get(2)!
  const spans = fieldsOf(scopeSpans!).get(2)!.map(spanOf)
  const request = spans.find(({ kind }) => kind === 2)!
  const call = spans.find(({ kind }) => kind === 3)!
  expect(spans).toHaveLength(2)
  expect(request).toMatchObject({
    name: 'POST /api/v1/namespaces/{:namespace}/configmaps',
    trace,
    parent: 'b7ad6b7169203331',
    state: 'a=b',
  })
  expect(call).toMatchObject({ name: 'HTTP POST', trace, parent: request.id, id: one!.split('-')[2] })
  expect(request.attributes).toMatchObject({
    'http.request.method': 'POST',
    'url.path': '/api/v1/namespaces/default/configmaps',
    'http.response.status_code': 201,
  })
  expect(request.end - request.start).toBeLessThan(10_000_000_000n)
  expect(call.end > call.start && call.start >= request.start).toBe(true)
})

it.each([
  ['apiVersion: v1\nkind: Pod', 'no kind "Pod" is registered for version "v1"'],
  ['samplingRatePerMillion: -1', 'samplingRatePerMillion: Invalid value: -1: sampling rate must be positive'],
  ['samplingRatePerMillion: 1000001', 'must be less than or equal to one million'],
  ['endpoint: "http://x:1"', 'unsupported scheme: http.'],
])('refuses %j', async (text, message) => {
  const file = join(folder, 'wrong.yaml')
  const kind = text.includes('kind') ? '' : 'kind: TracingConfiguration\napiVersion: apiserver.config.k8s.io/v1beta1\n'
  writeFileSync(file, `${kind}${text}\n`)
  await expect(libraryServer({ generic: { tracingConfigFile: file } })).rejects.toThrow(message)
})

function spanOf(bytes: Buffer) {
  const fields = fieldsOf(bytes)
  const [trace, id, state, parent, name] = [1, 2, 3, 4, 5].map((number) => fields.get(number)?.[0])
  const time = (number: number): bigint => fields.get(number)![0]!.readBigUInt64LE()
  const attributes = (fields.get(9) ?? []).map((attribute) => {
    const pair = fieldsOf(attribute)
    const value = fieldsOf(pair.get(2)![0]!)
    return [String(pair.get(1)![0]), value.has(3) ? Number(String(value.get(3)![0])) : String(value.get(1)?.[0] ?? '')]
  })
  return {
    trace: trace!.toString('hex'),
    id: id!.toString('hex'),
    state: String(state),
    parent: parent!.toString('hex'),
    name: String(name),
    kind: Number(String(fields.get(6)![0])),
    start: time(7),
    end: time(8),
    attributes: Object.fromEntries(attributes),
  }
}

/** The fields of a message of protobuf; numbers as their decimal digits. */
function fieldsOf(bytes: Buffer): Map<number, Buffer[]> {
  const fields = new Map<number, Buffer[]>()
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++]!
      value += (byte & 0x7f) * shift
      if (byte < 0x80) return value
    }
  }
  const take = (length: number): Buffer => {
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = varint()
    const value = tag % 8 === 0 ? Buffer.from(String(varint())) : take(tag % 8 === 1 ? 8 : tag % 8 === 5 ? 4 : varint())
    const number = Math.floor(tag / 8)
    fields.set(number, [...(fields.get(number) ?? []), value])
  }
  return fields
}
