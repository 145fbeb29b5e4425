import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer, type Server } from '../src/index.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-flow-'))
let server: Server
let run: Promise<void>

beforeAll(async () => {
  writeFileSync(join(folder, 'tokens.csv'), 'admin,admin,1,system:masters\nann,ann,2\nbob,bob,3\n')
  server = await createServer({
    generic: { maxRequestsInflight: 3, maxMutatingRequestsInflight: 3, requestTimeoutMs: 4000 },
    authentication: { tokenAuthFile: join(folder, 'tokens.csv') },
  })
  run = server.run()
  await server.ready
})

afterAll(async () => {
  await server.close()
  await run
  rmSync(folder, { recursive: true, force: true })
})

interface Answer {
  readonly code: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
}

function ask(
  path: string,
  {
    method = 'GET',
    token = 'admin',
    accept = 'application/json',
    body,
  }: { method?: string; token?: string; accept?: string; body?: object } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const headers = { authorization: `Bearer ${token}`, 'content-type': type, accept }
    const sent = request(
      `${server.url}${path}`,
      { method, headers, rejectUnauthorized: false, agent: false },
      (answer) => {
        let text = ''
        answer.on('data', (chunk) => {
          text += chunk
        })
        answer.on('end', () => resolve({ code: answer.statusCode!, headers: answer.headers, text }))
      },
    )
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

const group = '/apis/flowcontrol.apiserver.k8s.io/v1'
const apiVersion = 'flowcontrol.apiserver.k8s.io/v1'
test('a Table lists FlowSchemas in the order in which they are tried', async () => {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
  const table = JSON.parse((await ask(`${group}/flowschemas`, { accept })).text)
  const precedences: number[] = table.rows.map(({ cells }: { cells: unknown[] }) => cells[2])
  expect(precedences.length).toBeGreaterThan(5)
  expect(precedences).toEqual(precedences.toSorted((a, b) => a - b))
})

const get = async (path: string) => JSON.parse((await ask(`${group}/${path}`)).text)

const schema = (name: string, level: string, user: string, precedence = 100) => ({
  apiVersion,
  kind: 'FlowSchema',
  metadata: { name },
  spec: {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence: precedence,
    distinguisherMethod: { type: 'ByUser' },
    rules: [
      {
        subjects: [{ kind: 'User', user: { name: user } }],
        resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }],
      },
    ],
  },
})

const level = (name: string, limitResponse: object) => ({
  apiVersion,
  kind: 'PriorityLevelConfiguration',
  metadata: { name },
  spec: { type: 'Limited', limited: { nominalConcurrencyShares: 1, limitResponse, borrowingLimitPercent: 0 } },
})

describe('configuration objects', () => {
  test('those of every cluster are there, with the condition that the server keeps', async () => {
    await expect
      .poll(async () => (await get('flowschemas/global-default')).status.conditions?.[0])
      .toMatchObject({ type: 'Dangling', status: 'False', reason: 'Found' })
    const { items } = await get('prioritylevelconfigurations')
    expect(items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual([
      ...['catch-all', 'exempt', 'global-default', 'leader-election', 'node-high', 'system', 'workload-high'],
      'workload-low',
    ])
  })

  test('a schema is told whether its level is there, as levels come and go, and by whom', async () => {
    await ask(`${group}/flowschemas`, { method: 'POST', body: schema('lonely', 'later', 'nobody') })
    const condition = async () => (await get('flowschemas/lonely')).status.conditions?.[0]
    await expect.poll(condition).toMatchObject({ status: 'True', reason: 'NotFound' })
    await ask(`${group}/prioritylevelconfigurations`, { method: 'POST', body: level('later', { type: 'Reject' }) })
    await expect.poll(condition).toMatchObject({ status: 'False', reason: 'Found' })
    const [owner] = (await get('flowschemas/lonely')).metadata.managedFields
    expect(owner).toMatchObject({ manager: 'api-priority-and-fairness-config-consumer-v1', subresource: 'status' })
    // What somebody else makes of it does not last.
    const status = { conditions: [{ type: 'Dangling', status: 'Unknown' }] }
    await ask(`${group}/flowschemas/lonely/status`, { method: 'PATCH', body: { status } })
    await expect.poll(condition).toMatchObject({ status: 'False' })
    await ask(`${group}/prioritylevelconfigurations/later`, { method: 'DELETE' })
    await expect.poll(condition).toMatchObject({ status: 'True' })
  })
})

/** The lines of a metric with this in their labels. */
async function series(name: string, containing: string): Promise<string[]> {
  const { text } = await ask('/metrics')
  return text
    .split('\n')
    .filter((line) => line.startsWith(`apiserver_flowcontrol_${name}{`) && line.includes(containing))
}

describe('requests', () => {
  const claims = '/api/v1/namespaces/default/configmaps'
  const create = (name: string, token: string) =>
    ask(claims, { method: 'POST', token, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } } })

  test('beyond the seats are refused where none can wait, others and system:masters are not', async () => {
    await ask(`${group}/prioritylevelconfigurations`, { method: 'POST', body: level('narrow', { type: 'Reject' }) })
    await ask(`${group}/flowschemas`, { method: 'POST', body: schema('ann', 'narrow', 'ann') })
    const uid = (await get('flowschemas/ann')).metadata.uid
    const { uid: levelUid } = (await get('prioritylevelconfigurations/narrow')).metadata
    await expect
      .poll(async () => (await ask(claims, { token: 'ann' })).headers['x-kubernetes-pf-flowschema-uid'])
      .toBe(uid)
    const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => create(`a${i}`, 'ann')))
    const refused = answers.filter(({ code }) => code === 429)
    expect(answers.filter(({ code }) => code === 201).length + refused.length).toBe(60)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused[0]).toMatchObject({ text: 'Too many requests, please try again later.\n' })
    expect(refused[0]!.headers).toMatchObject({
      'retry-after': expect.stringMatching(/^[0-9]+$/),
      'content-type': 'text/plain; charset=utf-8',
      'x-kubernetes-pf-flowschema-uid': uid,
      'x-kubernetes-pf-prioritylevel-uid': levelUid,
    })
    const masters = await Promise.all(Array.from({ length: 60 }, (_, i) => create(`m${i}`, 'admin')))
    expect(new Set(masters.map(({ code }) => code))).toEqual(new Set([201]))
    expect(await series('rejected_requests_total', '"narrow"')).toEqual([
      `apiserver_flowcontrol_rejected_requests_total{priority_level="narrow",flow_schema="ann",reason="concurrency-limit"} ${refused.length}`,
    ])
    expect(await series('current_executing_seats', '"narrow"')).toEqual([expect.stringMatching(/ 0$/)])
    expect(await series('nominal_limit_seats', '"narrow"')).toEqual([expect.stringMatching(/ 1$/)])
  })

  test('wait for a seat where they can', async () => {
    const queue = { type: 'Queue', queuing: { queues: 4, handSize: 2, queueLengthLimit: 100 } }
    await ask(`${group}/prioritylevelconfigurations`, { method: 'POST', body: level('patient', queue) })
    await ask(`${group}/flowschemas`, { method: 'POST', body: schema('bob', 'patient', 'bob') })
    const uid = (await get('flowschemas/bob')).metadata.uid
    await expect
      .poll(async () => (await ask(claims, { token: 'bob' })).headers['x-kubernetes-pf-flowschema-uid'])
      .toBe(uid)
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => create(`b${i}`, 'bob')))
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set([201]))
    const [waited] = await series('request_wait_duration_seconds_count', '"patient"')
    expect(Number(waited!.split(' ')[1])).toBeGreaterThanOrEqual(20)
  })

  test('that last are not held up: watches give their seats back once they have begun', async () => {
    const paths = Array.from({ length: 12 }, () => `${claims}?watch=true&timeoutSeconds=2`)
    const watches = paths.map((path) => ask(path, { token: 'bob' }))
    const began = Date.now()
    expect((await ask(claims, { token: 'bob' })).code).toBe(200)
    expect(Date.now() - began).toBeLessThan(1500)
    expect((await Promise.all(watches)).map(({ code }) => code)).toEqual(Array(12).fill(200))
  })
})

test('dumps tell levels, queues and requests', async () => {
  const page = async (name: string) => (await ask(`/debug/api_priority_and_fairness/${name}`)).text.split('\n')
  const levels = await page('dump_priority_levels')
  expect(levels[0]).toMatch(/^PriorityLevelName, ActiveQueues, IsIdle, /)
  expect(levels.find((line) => line.startsWith('exempt,'))).toMatch(
    /^exempt, +0, +false, +false, +0, +1, +[0-9]+, +0, +0, +0$/,
  )
  expect((await page('dump_queues')).filter((line) => line.startsWith('patient,'))).toHaveLength(4)
  const requests = await page('dump_requests?includeRequestDetails=1')
  expect(requests).toContainEqual(
    expect.stringMatching(
      /^exempt, +exempt, +-1, +-1, +, .*admin, +get, +\/debug\/api_priority_and_fairness\/dump_requests, /,
    ),
  )
})

describe('switched off', () => {
  test('there are the plain limits instead, and nothing to dump', async () => {
    const plain = await createServer({
      generic: { maxMutatingRequestsInflight: 1 },
      authentication: { tokenAuthFile: join(folder, 'tokens.csv') },
      features: { priorityAndFairness: false },
    })
    const running = plain.run()
    const shared = server
    try {
      await plain.ready
      server = plain
      const claims = '/api/v1/namespaces/default/configmaps'
      const create = (i: number) =>
        ask(claims, {
          method: 'POST',
          token: 'ann',
          body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `c${i}` } },
        })
      const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => create(i)))
      const refused = answers.filter(({ code }) => code === 429)
      expect(refused.length).toBeGreaterThan(0)
      expect(refused[0]!.headers).toMatchObject({ 'retry-after': '1' })
      expect(refused[0]!.headers['x-kubernetes-pf-flowschema-uid']).toBeUndefined()
      expect((await ask('/debug/api_priority_and_fairness/dump_queues')).code).toBe(404)
      expect((await ask('/readyz?verbose')).text).toContain('[+]poststarthook/max-in-flight-filter ok')
    } finally {
      server = shared
      await plain.close()
      await running
    }
  })

  test('no seats at all are no configuration', async () => {
    const none = { maxRequestsInflight: 0, maxMutatingRequestsInflight: 0 }
    await expect(createServer({ generic: none })).rejects.toThrow(
      'invalid configuration: MaxRequestsInFlight=0 and MaxMutatingRequestsInFlight=0; they must add up to something positive',
    )
  })
})

test('every metric that upstream has in a server that nobody asks for much is there', async () => {
  const { text } = await ask('/metrics')
  for (const name of [
    ...[
      'current_executing_requests',
      'current_executing_seats',
      'current_limit_seats',
      'current_r',
      'demand_seats_bucket',
    ],
    ...['demand_seats_average', 'demand_seats_high_watermark', 'demand_seats_smoothed', 'demand_seats_stdev'],
    ...[
      'dispatched_requests_total',
      'lower_limit_seats',
      'nominal_limit_seats',
      'priority_level_request_utilization_bucket',
    ],
    ...[
      'priority_level_seat_utilization_bucket',
      'read_vs_write_current_requests_bucket',
      'request_execution_seconds_bucket',
    ],
    ...['target_seats', 'upper_limit_seats', 'watch_count_samples_bucket', 'work_estimated_seats_bucket'],
  ])
    expect(text).toContain(`apiserver_flowcontrol_${name}{`)
  expect(text).toContain('apiserver_flowcontrol_seat_fair_frac ')
})
