import { Agent, request } from 'node:https'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type StartedKats, startKats } from './support/start-kats.js'

let kats: StartedKats
const agent = new Agent({ keepAlive: true })
beforeAll(async () => {
  kats = await startKats()
})
afterAll(async () => {
  agent.destroy()
  await kats.stop()
})

function ask(path: string, method = 'GET', type = 'application/json', body?: unknown) {
  return new Promise<{ code: number; text: string }>((resolve, reject) => {
    const headers = { authorization: `Bearer ${kats.token}`, 'content-type': type }
    const sent = request(kats.url + path, { method, headers, agent, rejectUnauthorized: false }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => resolve({ code: answer.statusCode!, text: Buffer.concat(chunks).toString() }))
      answer.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

const configMaps = '/api/v1/namespaces/default/configmaps'
const apply = 'application/apply-patch+yaml'
const keys = (count: number, value: (i: number) => unknown, prefix = '') =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}key-${i}`, value(i)]))
const configMap = (name: string, data: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
})

/** How many others are answered, one after the other, while a request is. */
async function answeredMeanwhile(busy: Promise<unknown>): Promise<number> {
  let count = 0
  let over = false
  const done = busy.finally(() => {
    over = true
  })
  while (!over) {
    await ask('/livez')
    count++
  }
  await done
  return count
}

test('others are answered while a large object is being written', async () => {
  const counts: Record<string, number> = {}
  const send = async (what: string, method: string, path: string, type: string, body: unknown): Promise<void> => {
    const busy = ask(path, method, type, body).then(({ code, text }) =>
      expect(code, text.slice(0, 300)).toBeLessThan(300),
    )
    counts[what] = await answeredMeanwhile(busy)
  }
  const { length } = JSON.stringify(
    configMap(
      'large',
      keys(20_000, () => 'v'),
    ),
  )
  expect(length).toBeGreaterThan(300_000)
  const by = (manager: string) => `${configMaps}/large?fieldManager=${manager}&force=true`
  await send(
    'apply that creates',
    'PATCH',
    by('one'),
    apply,
    configMap(
      'large',
      keys(20_000, () => 'v'),
    ),
  )
  await send(
    'apply that changes nothing',
    'PATCH',
    by('one'),
    apply,
    configMap(
      'large',
      keys(20_000, () => 'v'),
    ),
  )
  await send(
    'apply of another',
    'PATCH',
    by('two'),
    apply,
    configMap(
      'large',
      keys(20_000, () => 'w'),
    ),
  )
  await send('apply that drops all but one', 'PATCH', by('two'), apply, configMap('large', { 'key-0': 'w' }))
  await send(
    'create',
    'POST',
    configMaps,
    'application/json',
    configMap(
      'posted',
      keys(20_000, () => 'v'),
    ),
  )
  await send(
    'update',
    'PUT',
    `${configMaps}/posted`,
    'application/json',
    configMap(
      'posted',
      keys(20_000, () => 'w'),
    ),
  )
  for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThanOrEqual(5)
})

test('an object that is too large only with its managedFields loses them', async () => {
  const fieldsV1 = { 'f:data': keys(60_000, () => ({}), 'f:some-') }
  const entry = { manager: 'x', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1 }
  const data = { big: 'x'.repeat(900_000) }
  const created = await ask(configMaps, 'POST', 'application/json', configMap('fat', data, { managedFields: [entry] }))
  expect(created.code, created.text.slice(0, 300)).toBe(201)
  expect(JSON.parse(created.text).metadata.managedFields).toBeUndefined()
  const body = configMap('fat', { ...data, more: 'y' }, { managedFields: [entry] })
  const updated = await ask(`${configMaps}/fat`, 'PUT', 'application/json', body)
  expect(updated.code, updated.text.slice(0, 300)).toBe(200)
  expect(JSON.parse(updated.text).metadata.managedFields).toBeUndefined()
  expect(JSON.parse(updated.text).data.more).toBe('y')
})

test('an apply that makes an object too large is refused', async () => {
  const body = configMap(
    'many',
    keys(58_000, (i) => `v${i}`),
  )
  const first = await ask(`${configMaps}/many?fieldManager=one`, 'PATCH', apply, body)
  expect({ code: first.code, ...JSON.parse(first.text) }).toMatchObject({
    code: 500,
    message: 'etcdserver: request is too large',
  })
})
