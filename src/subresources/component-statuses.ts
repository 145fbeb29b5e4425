import { request } from 'node:https'
import { type KubeObject, notFound } from '../api/index.js'
import { networkErrorText } from '../http/index.js'
import type { VirtualResource } from '../registry/index.js'

/** How a component is doing, and its own words on it. */
interface Health {
  readonly status: 'True' | 'False' | 'Unknown'
  readonly message: string
}

const probeTimeoutMs = 20_000
/** Of an answer; more is not told. Source: kubernetes pkg/probe/http. */
const maxBodyBytes = 10 * 1024

const components: ReadonlyMap<string, () => Promise<Health> | Health> = new Map<string, () => Promise<Health> | Health>(
  [
    ['controller-manager', () => probe('https://127.0.0.1:10257/healthz')],
    ['scheduler', () => probe('https://127.0.0.1:10259/healthz')],
    // The store is in this very process: whoever gets an answer knows that it is there.
    ['etcd-0', () => ({ status: 'True', message: 'ok' })],
  ],
)

/** componentstatuses, which nobody should use any more. Source: kubernetes pkg/registry/core/componentstatus. */
export const componentStatuses = (): VirtualResource => ({
  async get(_context, name) {
    const check = components.get(name)
    if (check === undefined) throw notFound({ group: '', resource: 'componentstatus' }, name)
    return { kind: 'ComponentStatus', apiVersion: 'v1', ...statusOf(name, await check()) }
  },
  list: () => Promise.all([...components].map(async ([name, check]) => statusOf(name, await check()))),
})

const statusOf = (name: string, { status, message }: Health): KubeObject => ({
  metadata: { name },
  conditions: [{ type: 'Healthy', status, ...(message === '' ? {} : { message }) }],
})

/** The answer of a health endpoint on this machine, whose certificate nobody has signed. */
function probe(url: string): Promise<Health> {
  return new Promise((resolve) => {
    const asked = request(url, { rejectUnauthorized: false, timeout: probeTimeoutMs }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        if (body.length < maxBodyBytes) body += chunk
      })
      response.on('error', failed)
      response.on('end', () => {
        const code = response.statusCode ?? 0
        const healthy = code >= 200 && code < 400
        resolve({
          status: healthy ? 'True' : 'False',
          message: healthy ? body.slice(0, maxBodyBytes) : `HTTP probe failed with statuscode: ${code}`,
        })
      })
    })
    const failed = (error: Error): void =>
      resolve({ status: 'False', message: `Get ${JSON.stringify(url)}: ${networkErrorText(error)}` })
    asked.on('timeout', () => asked.destroy(new Error('net/http: request canceled while waiting for connection')))
    asked.on('error', failed)
    asked.end()
  })
}
