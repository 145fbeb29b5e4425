import { Agent, request } from 'node:https'
import { type KubeObject, notFound } from '../../api/index.js'
import type { VirtualResource } from '../resource.js'

export interface ComponentHealth {
  readonly healthy: boolean
  /** What the component says, or why it could not be asked. */
  readonly message: string
}

/** A part of the control plane that is asked for its health when somebody asks about it. */
export interface Component {
  readonly name: string
  probe(): Promise<ComponentHealth>
}

const timeoutMs = 5_000
const maxBodyBytes = 4_096

/** The components upstream asks on this machine, and the store. */
const localComponents: readonly Component[] = [
  { name: 'controller-manager', probe: () => askHealthz(10257) },
  { name: 'scheduler', probe: () => askHealthz(10259) },
  { name: 'etcd-0', probe: async () => ({ healthy: true, message: 'ok' }) },
]

/** The deprecated componentstatuses: nothing is stored, every answer is asked for. Source: pkg/registry/core/componentstatus. */
export function componentStatuses(components: readonly Component[] = localComponents): VirtualResource {
  return {
    async get(_, name) {
      const component = components.find((own) => own.name === name)
      // As upstream, which tells the singular here.
      if (component === undefined) throw notFound({ group: '', resource: 'componentstatus' }, name)
      return { kind: 'ComponentStatus', apiVersion: 'v1', ...(await statusOf(component)) }
    },
    list: () => Promise.all(components.map(statusOf)),
  }
}

async function statusOf({ name, probe }: Component): Promise<KubeObject> {
  const { healthy, message } = await probe()
  return { metadata: { name }, conditions: [{ type: 'Healthy', status: healthy ? 'True' : 'False', message }] }
}

/** Nobody's certificate is known here: only the health of a neighbour on this machine is asked for, nothing is sent. */
function askHealthz(port: number): Promise<ComponentHealth> {
  const url = `https://127.0.0.1:${port}/healthz`
  return new Promise((resolve) => {
    const agent = new Agent({ rejectUnauthorized: false, keepAlive: false })
    const failed = (error: NodeJS.ErrnoException): void => {
      const why =
        error.code === 'ECONNREFUSED' ? `dial tcp 127.0.0.1:${port}: connect: connection refused` : error.message
      resolve({ healthy: false, message: `Get "${url}": ${why}` })
    }
    const asking = request(url, { agent, timeout: timeoutMs }, (response) => {
      const parts: Buffer[] = []
      let length = 0
      response.on('data', (part: Buffer) => {
        length += part.length
        if (length <= maxBodyBytes) parts.push(part)
        else asking.destroy(new Error('answer too long'))
      })
      response.on('end', () =>
        resolve({ healthy: response.statusCode === 200, message: Buffer.concat(parts).toString() }),
      )
      response.on('error', failed)
    })
    asking.on('timeout', () => asking.destroy(new Error('timeout')))
    asking.on('error', failed)
    asking.end()
  })
}
