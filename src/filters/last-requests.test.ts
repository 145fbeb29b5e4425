import { expect, test } from 'vitest'
import type { Handler, RequestContext } from '../http/index.js'
import { LastRequests } from './last-requests.js'

interface Fake {
  readonly context: RequestContext
  readonly answer: { status: number; closing: boolean; headers: Record<string, string> }
  done(): void
}

function fake(path: string, { longRunning = false, userAgent = 'kubectl' } = {}): Fake {
  const answer: Fake['answer'] = { status: 0, closing: false, headers: {} }
  let done = (): void => {}
  const exchange = {
    headers: { 'user-agent': userAgent },
    header: (name: string, value: string) => (answer.headers[name] = value),
    closeConnection: () => (answer.closing = true),
    send: (status: number) => (answer.status = status),
    onDone: (callback: () => void) => (done = callback),
  }
  return { context: { exchange, info: { path }, longRunning } as unknown as RequestContext, answer, done: () => done() }
}

const handler: Handler = ({ exchange }) => exchange.send(200, '', '')

test('while the last requests finish others are told to come again', async () => {
  const last = new LastRequests()
  const serve = last.filter(handler)
  const first = fake('/api/v1/pods')
  const watch = fake('/api/v1/pods', { longRunning: true })
  for (const { context } of [first, watch]) void serve(context)

  let finished = false
  const finish = last.finish().then(() => {
    finished = true
  })
  const late = fake('/api/v1/pods')
  void serve(late.context)
  expect(late.answer).toMatchObject({ status: 429, closing: true, headers: { 'retry-after': '5' } })
  for (const exempt of [
    fake('/readyz/etcd'),
    fake('/metrics'),
    fake('/api/v1/pods', { userAgent: 'kube-apiserver/v1' }),
  ]) {
    void serve(exempt.context)
    expect(exempt.answer.status).toBe(200)
  }

  await Promise.resolve()
  expect(finished).toBe(false)
  // Long-running ones are not waited for.
  first.done()
  await finish
  expect(finished).toBe(true)
})
