import type { LibraryServer } from './library-server.js'

/** A pod "p" of the namespace "default", on a node whose kubelet is said to be node.test. @param port the kubelet's */
export async function podOnNode(server: LibraryServer, port: number): Promise<void> {
  const write = (method: string, where: string, body: object, type = 'application/json') =>
    server.ask(where, { token: 'root', method, body, headers: { 'content-type': type } })
  await write('POST', '/api/v1/nodes', { metadata: { name: 'n' } })
  const status = {
    addresses: [{ type: 'Hostname', address: 'node.test' }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  }
  await write('PATCH', '/api/v1/nodes/n/status', { status }, 'application/merge-patch+json')
  await write('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
  const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] }
  await write('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'p' }, spec })
}
