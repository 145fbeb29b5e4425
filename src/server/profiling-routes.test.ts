import { expect, test } from 'vitest'
import type { RequestContext } from '../http/index.js'
import { type Profiler, profilingRoutes } from './profiling-routes.js'

interface Answer {
  status: number
  type: string
  headers: Record<string, unknown>
  body: string
}

/** A profiler that says what it was asked for, and ends when it is told to. */
function fakeProfiler() {
  const asked: number[] = []
  let finish: (profile: string) => void = () => undefined
  const profiler: Profiler = {
    cpu(milliseconds) {
      asked.push(milliseconds)
      return new Promise((resolve) => {
        finish = resolve
      })
    },
    heap: async () =>
      (async function* () {
        yield Buffer.from('{"snap')
        yield Buffer.from('shot":1}')
      })(),
  }
  return { profiler, asked, finish: (profile: string) => finish(profile) }
}

async function ask({ serve }: ReturnType<typeof profilingRoutes>, target: string): Promise<Answer> {
  const [path = '', query = ''] = target.split('?')
  const answer: Answer = { status: 0, type: '', headers: {}, body: '' }
  const begin = (status: number, type: string, headers: object = {}): void => {
    Object.assign(answer, { status, type, headers: { ...answer.headers, ...headers } })
  }
  const exchange = {
    signal: new AbortController().signal,
    header: (name: string, value: string) => Object.assign(answer.headers, { [name]: value }),
    send(status: number, type: string, body: string, headers?: object) {
      begin(status, type, headers)
      answer.body = body
    },
    stream(status: number, type: string, headers?: object) {
      begin(status, type, headers)
      const write = (chunk: Buffer): boolean => {
        answer.body += chunk
        return false
      }
      return { write, drained: async () => undefined, end() {} }
    },
  }
  await serve({ exchange, info: { path }, query: new URLSearchParams(query) } as unknown as RequestContext)
  return answer
}

test('the index of profiles is a page with links to them', async () => {
  const { status, type, body } = await ask(profilingRoutes(), '/debug/pprof/')
  expect([status, type]).toEqual([200, 'text/html; charset=utf-8'])
  expect(body).toContain('<a href="profile">')
  expect(body).toContain('<a href="heap">')
})

test.each(['cmdline', 'goroutine', 'profile/', '__proto__'])('%s is an unknown profile', async (name) => {
  const answer = await ask(profilingRoutes(), `/debug/pprof/${name}`)
  expect(answer).toMatchObject({ status: 404, type: 'text/plain; charset=utf-8', body: 'Unknown profile\n' })
})

test.each([
  ['', 30_000],
  ['?seconds=5', 5000],
  ['?seconds=0', 30_000],
  ['?seconds=-1', 30_000],
  ['?seconds=x', 30_000],
  ['?seconds=99999', 300_000],
])('a CPU profile asked for with %j takes %d ms', async (query, milliseconds) => {
  const { profiler, asked, finish } = fakeProfiler()
  const answer = ask(profilingRoutes(profiler), `/debug/pprof/profile${query}`)
  expect(asked).toEqual([milliseconds])
  finish('{}')
  expect(await answer).toMatchObject({ status: 200, type: 'application/octet-stream', body: '{}' })
})

test('profiles are made one at a time', async () => {
  const { profiler, finish } = fakeProfiler()
  const routes = profilingRoutes(profiler)
  const first = ask(routes, '/debug/pprof/profile')
  for (const [name, purpose] of [
    ['profile', 'CPU'],
    ['heap', 'heap'],
  ]) {
    const { status, body } = await ask(routes, `/debug/pprof/${name}`)
    expect(status).toBe(500)
    expect(body).toBe(`Could not enable ${purpose} profiling: a profile is being made already\n`)
  }
  finish('{}')
  await first
  expect((await ask(routes, '/debug/pprof/heap')).status).toBe(200)
})

test('a heap snapshot is streamed, at the pace of who reads it', async () => {
  const answer = await ask(profilingRoutes(fakeProfiler().profiler), '/debug/pprof/heap')
  expect(answer.body).toBe('{"snapshot":1}')
  expect(answer.headers).toMatchObject({ 'Content-Disposition': 'attachment; filename="heap.heapsnapshot"' })
})

test('a CPU profile is one of V8', async () => {
  const { body } = await ask(profilingRoutes(), '/debug/pprof/profile?seconds=1')
  const profile = JSON.parse(body)
  expect(profile.nodes.length).toBeGreaterThan(0)
  expect(profile.endTime - profile.startTime).toBeGreaterThan(900_000)
})
