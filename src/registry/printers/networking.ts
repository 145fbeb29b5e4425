import type { KubeObject } from '../../api/index.js'
import { qualified } from '../../api/index.js'
import { listText, loadBalancerText, selectorCell } from './format.js'
import { ageColumn, nameColumn, type TableColumns, tableOf } from './table-columns.js'

function hosts({ spec }: KubeObject): string {
  const rules: { host?: string }[] = spec?.rules ?? []
  const list: string[] = []
  for (const { host } of rules) {
    // Upstream counts the rules that are left, with or without a host.
    if (list.length === 3) return `${list.join(',')} + ${rules.length - 3} more...`
    if (host) list.push(host)
  }
  return list.length === 0 ? '*' : list.join(',')
}

function parameters({ spec }: KubeObject): string {
  const reference = spec?.parameters
  if (reference === undefined) return '<none>'
  const { apiGroup, kind = '', name = '' } = reference
  return `${apiGroup === undefined ? kind : `${kind}.${apiGroup}`}/${name}`
}

function parent({ spec }: KubeObject): string {
  const reference = spec?.parentRef
  if (reference === undefined) return '<none>'
  const { group = '', resource = '', namespace, name = '' } = reference
  const parts = [qualified({ group, resource }).toLowerCase(), ...(namespace ? [namespace] : []), name]
  return parts.join('/')
}

export const networking: Readonly<Record<string, TableColumns>> = {
  Ingress: tableOf([
    nameColumn,
    { name: 'Class', description: 'Name of the ingress class.', cell: (o) => o.spec?.ingressClassName ?? '<none>' },
    { name: 'Hosts', description: 'Hosts it has rules for.', cell: hosts },
    { name: 'Address', description: 'Where it can be reached.', cell: (o) => loadBalancerText(o.status?.loadBalancer) },
    { name: 'Ports', description: 'Ports it listens on.', cell: (o) => (o.spec?.tls?.length > 0 ? '80, 443' : '80') },
    ageColumn,
  ]),
  IngressClass: tableOf([
    {
      ...nameColumn,
      cell: ({ metadata }) =>
        metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true'
          ? `${metadata.name} (default)`
          : (metadata.name ?? ''),
    },
    {
      name: 'Controller',
      description: 'The controller that handles the class.',
      cell: (o) => o.spec?.controller ?? '',
    },
    { name: 'Parameters', description: 'Kind and name of the object with its parameters.', cell: parameters },
    ageColumn,
  ]),
  NetworkPolicy: tableOf([
    nameColumn,
    { name: 'Pod-Selector', description: 'The pods it is about.', cell: (o) => selectorCell(o.spec?.podSelector) },
    ageColumn,
  ]),
  ServiceCIDR: tableOf([
    nameColumn,
    { name: 'CIDRs', description: 'Ranges of addresses.', cell: (o) => (o.spec?.cidrs ?? []).join(',') },
    ageColumn,
  ]),
  IPAddress: tableOf([
    nameColumn,
    { name: 'ParentRef', description: 'The object that has the address.', cell: parent },
    { ...ageColumn, undeclared: true },
  ]),
}

export const discovery: Readonly<Record<string, TableColumns>> = {
  EndpointSlice: tableOf([
    nameColumn,
    { name: 'AddressType', description: 'IPv4, IPv6 or FQDN.', cell: (o) => o.addressType ?? '' },
    { name: 'Ports', description: 'The first ports of its endpoints.', cell: endpointPorts },
    { name: 'Endpoints', description: 'The first addresses of its endpoints.', cell: endpointAddresses },
    ageColumn,
  ]),
}

// Both lists are written as null if they are empty.
function endpointPorts(object: KubeObject): string {
  const ports: { port?: number; name?: string }[] = object.ports ?? []
  return listText(
    ports.map(({ port, name }) => String(port ?? name ?? '*')),
    3,
    '<unset>',
  )
}

function endpointAddresses(object: KubeObject): string {
  const endpoints: { addresses?: string[] | null }[] = object.endpoints ?? []
  return listText(
    endpoints.flatMap(({ addresses }) => addresses ?? []),
    3,
    '<unset>',
  )
}
