import { type IpAddress, type KubeObject, parseIp, rfc3339 } from '../../../api/index.js'
import { prefixRange, type Store, type Write } from '../../../store/index.js'
import type { RegistryEnvironment } from '../../environment.js'
import { selectionIndex } from '../../selection.js'
import { encodeForStore } from '../../stored.js'

/** IPAddress objects: that there is one says that the address is taken, and by whom. */
const prefix = '/registry/ipaddresses/'

export const isTaken = (store: Store, ip: IpAddress): boolean => store.get(prefix + ip.canonical) !== undefined

/** The canonical texts of all taken addresses. */
export function takenAddresses(store: Store): Set<string> {
  const taken = new Set<string>()
  for (const { key } of store.scan(prefixRange(prefix))) taken.add(key.slice(prefix.length))
  return taken
}

/** Takes an address for a service. */
export function claim(environment: RegistryEnvironment, ip: IpAddress, namespace: string, name: string): Write {
  const now = rfc3339(environment.now())
  const object: KubeObject = {
    kind: 'IPAddress',
    apiVersion: 'networking.k8s.io/v1',
    metadata: {
      name: ip.canonical,
      uid: environment.uid(),
      creationTimestamp: now,
      labels: {
        'ipaddress.kubernetes.io/ip-family': ip.family === 4 ? 'IPv4' : 'IPv6',
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
      },
      managedFields: [
        {
          manager: 'kube-apiserver',
          operation: 'Update',
          apiVersion: 'networking.k8s.io/v1',
          time: now,
          fieldsType: 'FieldsV1',
          fieldsV1: managedFields,
        },
      ],
    },
    spec: { parentRef: { resource: 'services', namespace, name } },
  }
  const value = encodeForStore(object, selectionIndex({ rules: {} }, object), environment.codec)
  return { prefix, key: prefix + ip.canonical, expect: 0, value }
}

/** Gives an address back, if the service has it: what somebody else holds stays. */
export function release(environment: RegistryEnvironment, text: string, namespace: string, name: string): Write[] {
  const ip = parseIp(text)
  const record = ip && environment.store.get(prefix + ip.canonical)
  if (record === undefined) return []
  const holder = (environment.codec.parse(record.value) as KubeObject).spec?.parentRef
  const own = holder?.resource === 'services' && holder.namespace === namespace && holder.name === name
  return own ? [{ prefix, key: record.key, expect: record.revision }] : []
}

const managedFields = {
  'f:metadata': {
    'f:labels': {
      '.': {},
      'f:ipaddress.kubernetes.io/ip-family': {},
      'f:ipaddress.kubernetes.io/managed-by': {},
    },
  },
  'f:spec': { 'f:parentRef': { '.': {}, 'f:name': {}, 'f:namespace': {}, 'f:resource': {} } },
}
