import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Backend, FailureHook } from './backend.js'
import { BatchingBackend } from './batching.js'
import { type AuditEvent, eventJson, RawJson } from './event.js'
import { eventText } from './event-text.js'
import { logBackend } from './log-backend.js'
import { LogFile } from './log-file.js'
import { truncating } from './truncating.js'
import { webhookBackend } from './webhook-backend.js'

const event = (id: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'Metadata',
  auditID: id,
  stage: 'ResponseComplete',
  requestURI: '/api/v1/pods?limit=1',
  verb: 'list',
  user: { username: 'a "b"', groups: ['g', 'h'] },
  sourceIPs: ['10.0.0.1'],
  requestReceivedTimestamp: '2026-01-02T03:04:05.120000Z',
  stageTimestamp: '2026-01-02T03:04:06.000000Z',
  ...more,
})

/** Keeps what it is given; answers when it is told to. */
class Sink implements Backend {
  readonly batches: string[][] = []
  wait: Promise<void> | undefined
  closed = false
  process(events: readonly AuditEvent[]): boolean | Promise<boolean> {
    this.batches.push(events.map(({ auditID }) => auditID))
    return this.wait === undefined ? true : this.wait.then(() => true)
  }
  async close(): Promise<void> {
    this.closed = true
  }
}

let lost: string[]
const failed: FailureHook = (plugin, problem, events) => {
  lost.push(`${plugin}: ${problem}: ${events.map(({ auditID }) => auditID).join()}`)
}
beforeEach(() => {
  lost = []
})

it('an event is JSON in the order of its fields, objects put in as they are', () => {
  const text = eventJson(event('1', { requestObject: new RawJson('{"a":1}'), annotations: { k: 'v' } }))
  expect(text).toMatch(/^\{"kind":"Event","apiVersion":"audit.k8s.io\/v1","level":"Metadata","auditID":"1","stage"/)
  expect(text).toMatch(/"requestObject":\{"a":1\},"requestReceivedTimestamp":".*","annotations":\{"k":"v"\}\}$/)
  expect(JSON.parse(text)).toMatchObject({ auditID: '1', requestObject: { a: 1 } })
})

it('an event is one line of text', () => {
  expect(eventText(event('1'))).toBe(
    '2026-01-02T03:04:05.12Z AUDIT: id="1" stage="ResponseComplete" ip="10.0.0.1" method="list" user="a \\"b\\"" groups="\\"g\\",\\"h\\"" as="<self>" asgroups="<lookup>" user-agent="" namespace="<none>" uri="/api/v1/pods?limit=1" response="<deferred>"',
  )
})

describe('batching', () => {
  const batching = (sink: Sink, more: object = {}): BatchingBackend =>
    new BatchingBackend(sink, { bufferSize: 5, maxBatchSize: 2, maxBatchWaitMs: 10, parallel: false, ...more }, failed)

  it('sends full batches at once, the rest after a while', async () => {
    const sink = new Sink()
    const backend = batching(sink)
    backend.process([event('1'), event('2'), event('3')])
    await new Promise(setImmediate)
    expect(sink.batches).toEqual([['1', '2']])
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(sink.batches).toEqual([['1', '2'], ['3']])
  })

  it('loses what does not fit, and says so', async () => {
    const sink = new Sink()
    let free = (): void => {}
    sink.wait = new Promise((resolve) => {
      free = resolve
    })
    const backend = batching(sink)
    expect(backend.process([event('1'), event('2')])).toBe(true)
    await new Promise(setImmediate)
    for (const id of ['3', '4', '5', '6', '7', '8']) expect(backend.process([event(id)])).toBe(true)
    expect(lost).toEqual(['buffered: audit buffer queue blocked: 8'])
    free()
    await backend.close()
    expect(sink.batches).toEqual([['1', '2'], ['3', '4'], ['5', '6'], ['7']])
  })

  it('hands on all it holds when it is closed, and takes no more', async () => {
    const sink = new Sink()
    const backend = batching(sink, { maxBatchWaitMs: 60_000 })
    backend.process([event('1')])
    await backend.close()
    expect(sink.batches).toEqual([['1']])
    expect(sink.closed).toBe(true)
    backend.process([event('2')])
    expect(lost).toEqual(['buffered: audit backend shut down: 2'])
  })

  it('is throttled', async () => {
    const sink = new Sink()
    const backend = batching(sink, { maxBatchSize: 1, throttle: { qps: 50, burst: 2 } })
    const began = performance.now()
    backend.process([event('1'), event('2'), event('3'), event('4')])
    await backend.close()
    expect(sink.batches).toHaveLength(4)
    expect(performance.now() - began).toBeGreaterThan(35)
  })
})

describe('truncating', () => {
  const big = (n: number): RawJson => new RawJson(JSON.stringify('x'.repeat(n)))
  const truncate = (sink: Sink): Backend => truncating(sink, { maxEventBytes: 600, maxBatchBytes: 1000 }, failed)

  it('takes the objects out of events that are too large', () => {
    const seen: AuditEvent[] = []
    const backend = truncating(
      { process: (events) => seen.push(...events) > 0, close: () => Promise.resolve() },
      { maxEventBytes: 600, maxBatchBytes: 1000 },
      failed,
    )
    const whole = event('1', { level: 'Request', requestObject: big(700) })
    expect(backend.process([whole])).toBe(true)
    expect(seen).toEqual([event('1', { level: 'Request', annotations: { 'audit.k8s.io/truncated': 'true' } })])
    expect(whole.requestObject).toBeDefined()
  })

  it('drops what is too large still, and splits batches', () => {
    const sink = new Sink()
    void truncate(sink).process([event('1'), event('2', { userAgent: 'x'.repeat(700) }), event('3'), event('4')])
    expect(lost).toEqual(['truncate: event is too large even after truncating: 2'])
    expect(sink.batches).toEqual([['1', '3'], ['4']])
  })
})

describe('a webhook', () => {
  it('is tried five times', async () => {
    const bodies: Buffer[] = []
    const post = async (body: Buffer): Promise<void> => {
      bodies.push(body)
      throw new Error('no luck')
    }
    expect(await webhookBackend(post, 1, () => 0, failed).process([event('1'), event('2')])).toBe(false)
    expect(bodies).toHaveLength(5)
    expect(lost).toEqual(['webhook: no luck: 1,2'])
    const list = JSON.parse(String(bodies[0]))
    expect(list).toMatchObject({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {} })
    expect(list.items).toHaveLength(2)
  })
})

describe('a log file', () => {
  let folder: string
  let now = 0
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kats-audit-'))
    now = Date.parse('2026-01-02T03:04:05.006Z')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const open = (more: object = {}): LogFile =>
    new LogFile({
      path: join(folder, 'deep', 'audit.log'),
      maxSizeMegabytes: 1,
      maxAgeDays: 0,
      maxBackups: 0,
      compress: false,
      now: () => now,
      warn: (text) => lost.push(text),
      ...more,
    })
  const files = (): string[] => readdirSync(join(folder, 'deep')).sort()
  const most = `${'x'.repeat(700_000)}\n`

  it('is begun anew when it is full, the old one named after the time', async () => {
    const log = open()
    log.write('first\n')
    log.write(most)
    log.write(most)
    await log.close()
    expect(files()).toEqual(['audit-2026-01-02T03-04-05.006.log', 'audit.log'])
    expect(readFileSync(join(folder, 'deep', 'audit.log'), 'utf8')).toBe(most)
    expect(statSync(join(folder, 'deep', 'audit.log')).mode & 0o777).toBe(0o600)
  })

  it('goes on where it was', async () => {
    const one = open()
    one.write('a\n')
    await one.close()
    const two = open()
    two.write('b\n')
    await two.close()
    expect(readFileSync(join(folder, 'deep', 'audit.log'), 'utf8')).toBe('a\nb\n')
  })

  it('keeps so many old files and compresses them', async () => {
    const log = open({ maxBackups: 2, compress: true })
    for (let i = 0; i < 5; i++) {
      log.write(most)
      now += 1000
    }
    await log.close()
    expect(files()).toEqual([
      'audit-2026-01-02T03-04-08.006.log.gz',
      'audit-2026-01-02T03-04-09.006.log.gz',
      'audit.log',
    ])
    const packed = readFileSync(join(folder, 'deep', 'audit-2026-01-02T03-04-09.006.log.gz'))
    expect(gunzipSync(packed).toString()).toBe(most)
  })

  it('removes old files by age, and leaves others alone', async () => {
    const log = open({ maxAgeDays: 1 })
    for (const name of ['audit-2025-12-31T00-00-00.000.log', 'audit-notes.log'])
      writeFileSync(join(folder, 'deep', name), '')
    log.write(most)
    log.write(most)
    await log.close()
    expect(files()).toEqual(['audit-2026-01-02T03-04-05.006.log', 'audit-notes.log', 'audit.log'])
  })

  it('refuses what is larger than a whole file', () => {
    const backend = logBackend(open(), 'json', failed)
    expect(backend.process([event('1', { userAgent: 'x'.repeat(1_100_000) }), event('2')])).toBe(false)
    expect(lost[0]).toMatch(/^log: write length \d+ exceeds maximum file size 1048576: 1$/)
  })
})
