import type { Loopback } from '../loopback.js'

const names = ['kube-system', 'kube-public', 'kube-node-lease', 'default']

/** The namespaces a cluster cannot be without; made again if somebody deletes one. Source: pkg/controlplane/controller/systemnamespaces. */
export async function ensureSystemNamespaces(loopback: Loopback): Promise<void> {
  await Promise.all(names.map((name) => loopback.ensure('/namespaces', { metadata: { name } })))
}
