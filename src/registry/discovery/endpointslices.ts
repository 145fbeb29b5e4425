import {
  child,
  dns1123Label,
  dns1123Subdomain,
  equalJson,
  FieldErrors,
  fullyQualifiedDomainName,
  immutable,
  index,
  ipAddress,
  ipWarnings,
  isDns1123Subdomain,
  isLabelValue,
  type KubeObject,
  legacyIpAddress,
  oneOf,
  parseIp,
  qualifiedName,
  required,
  sortedMap,
  validateLabels,
  validateObjectMeta,
} from '../../api/index.js'
import { validateEndpointIp } from '../core/endpoint-address.js'
import { strictAddresses } from '../core/strict-addresses.js'
import type { ResourceRules, RuleContext } from '../rules.js'

interface Endpoint {
  addresses?: string[]
  hostname?: string
  deprecatedTopology?: Record<string, string>
  nodeName?: string
  hints?: { forZones?: { name?: string }[]; forNodes?: { name?: string }[] }
}

interface EndpointPort {
  name?: string
  protocol?: string
  appProtocol?: string
}

const limits = { addresses: 100, ports: 20_000, endpoints: 1000, hints: 8, topology: 16 }
const hostnameLabel = 'kubernetes.io/hostname'
const zoneLabel = 'topology.kubernetes.io/zone'
const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
/** Who is trusted to write canonical addresses. */
const controllers = ['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io']

const nodeHints = 'PreferSameTrafficDistribution'

export const endpointslices: ResourceRules = {
  generation: true,
  defaults: {
    v1({ ports }) {
      for (const port of (ports ?? []) as EndpointPort[]) {
        port.name ??= ''
        port.protocol ??= 'TCP'
      }
    },
  },
  prepareForCreate(object, { enabled }) {
    if (!enabled(nodeHints)) dropNodeHints(object, undefined)
    dropTopology(object, undefined)
  },
  prepareForUpdate(object, old, { enabled }) {
    // Judged by what was sent: what is dropped below counts as a change, and so do labels.
    const same = equalJson(data(object), data(old)) && equalJson(labels(object), labels(old))
    if (!same) object.metadata.generation = (old.metadata.generation ?? 0) + 1
    if (!enabled(nodeHints)) dropNodeHints(object, old)
    dropTopology(object, old)
  },
  validate(object, errors, context) {
    validate(object, undefined, errors, context)
  },
  validateUpdate(object, old, errors, context) {
    validateObjectMeta(object.metadata, { namespaced: true, name: 'dns1123Subdomain' }, 'metadata', errors)
    validate(object, old, errors, context)
    immutable(errors, 'addressType', object.addressType ?? '', old.addressType ?? '')
  },
  warnings({ metadata, addressType, endpoints }, old) {
    const texts: string[] = []
    if (old === undefined && addressType === 'FQDN') texts.push('spec.addressType: FQDN endpoints are deprecated')
    if (controllers.includes(metadata.labels?.[managedByLabel] ?? '')) return texts
    for (const [i, { addresses }] of ((endpoints ?? []) as Endpoint[]).entries())
      for (const [j, address] of (addresses ?? []).entries())
        texts.push(...ipWarnings(`endpoints[${i}].addresses[${j}]`, address))
    return texts
  },
}

const labels = ({ metadata }: KubeObject) => metadata.labels ?? {}
const data = ({ addressType, endpoints, ports }: KubeObject) => [addressType, endpoints ?? [], ports ?? []]

/**
 * deprecatedTopology is not written any more. A node name that an old version kept there moves to its own field, so that
 * clients which send parts back do not lose it. Source: dropTopologyOnV1.
 */
function dropTopology(object: KubeObject, old: KubeObject | undefined): void {
  const endpoints: Endpoint[] = object.endpoints ?? []
  const oldEndpoints: Endpoint[] = old?.endpoints ?? []
  if (old !== undefined && equalJson(endpoints, oldEndpoints)) return
  const known = new Set(oldEndpoints.map(({ deprecatedTopology }) => deprecatedTopology?.[hostnameLabel]))
  for (const endpoint of endpoints) {
    const node = endpoint.deprecatedTopology?.[hostnameLabel]
    if (endpoint.nodeName === undefined && node && known.has(node) && isDns1123Subdomain(node).length === 0)
      endpoint.nodeName = node
    delete endpoint.deprecatedTopology
  }
}

/** Source: ValidateEndpointSlice, metadata aside. */
function validate(object: KubeObject, old: KubeObject | undefined, errors: FieldErrors, context: RuleContext): void {
  const { addressType, ports, endpoints } = object
  if (required(errors, 'addressType', addressType)) oneOf(errors, 'addressType', addressType, ['FQDN', 'IPv4', 'IPv6'])
  validatePorts(ports ?? [], 'ports', errors)
  const endpointErrors = new FieldErrors()
  validateEndpoints(endpoints ?? [], addressType ?? '', 'endpoints', endpointErrors, context)
  // Endpoints of an older, laxer version may stay as they are.
  if (endpointErrors.empty || (old !== undefined && equalJson(endpoints ?? [], old.endpoints ?? []))) return
  errors.list.push(...endpointErrors.list)
}

function validatePorts(ports: readonly EndpointPort[], path: string, errors: FieldErrors): void {
  if (ports.length > limits.ports) {
    errors.tooMany(path, ports.length, limits.ports)
    return
  }
  const names = new Set<string>()
  ports.forEach(({ name = '', protocol, appProtocol }, i) => {
    const at = index(path, i)
    if (name !== '') dns1123Label(errors, child(at, 'name'), name)
    if (names.has(name)) errors.duplicate(child(at, 'name'), name)
    names.add(name)
    if (protocol === undefined) errors.required(child(at, 'protocol'))
    else oneOf(errors, child(at, 'protocol'), protocol, ['SCTP', 'TCP', 'UDP'])
    if (appProtocol !== undefined) qualifiedName(errors, child(at, 'appProtocol'), appProtocol)
  })
}

function validateEndpoints(
  endpoints: readonly Endpoint[],
  addressType: string,
  path: string,
  errors: FieldErrors,
  context: RuleContext,
): void {
  if (endpoints.length > limits.endpoints) {
    errors.tooMany(path, endpoints.length, limits.endpoints)
    return
  }
  const strict = context.enabled(strictAddresses)
  endpoints.forEach((endpoint, i) => {
    const at = index(path, i)
    const { hostname, deprecatedTopology: topology, nodeName, hints } = endpoint
    const addresses = endpoint.addresses ?? []
    const addressesPath = child(at, 'addresses')
    if (addresses.length === 0) errors.required(addressesPath, 'must contain at least 1 address')
    else if (addresses.length > limits.addresses) errors.tooMany(addressesPath, addresses.length, limits.addresses)
    addresses.forEach((address, j) => {
      validateAddress(address, addressType, addressesPath, j, strict, errors)
    })
    if (nodeName !== undefined) dns1123Subdomain(errors, child(at, 'nodeName'), nodeName)
    if (topology !== undefined) validateTopology(topology, child(at, 'deprecatedTopology'), errors)
    if (hostname !== undefined) dns1123Label(errors, child(at, 'hostname'), hostname)
    if (hints !== undefined) validateHints(hints, child(at, 'hints'), errors)
  })
}

function validateAddress(
  address: string,
  type: string,
  path: string,
  i: number,
  strict: boolean,
  errors: FieldErrors,
): void {
  const at = index(path, i)
  if (type === 'FQDN') fullyQualifiedDomainName(errors, at, address)
  else if (type === 'IPv4' || type === 'IPv6') {
    const valid = type === 'IPv4' ? legacyIpAddress(errors, at, address, { strict }) : ipAddress(errors, at, address)
    if (!valid) return
    if (parseIp(address)?.family !== (type === 'IPv4' ? 4 : 6))
      errors.invalid(path, address, `must be an ${type} address`)
    validateEndpointIp(address, at, errors)
  }
}

function validateTopology(topology: Record<string, string>, path: string, errors: FieldErrors): void {
  const size = Object.keys(topology).length
  if (size > limits.topology) errors.tooMany(path, size, limits.topology)
  validateLabels(sortedMap(topology), path, errors)
  if (Object.hasOwn(topology, zoneLabel))
    errors.internal(`${path}[${zoneLabel}]`, 'reserved key was not removed in conversion')
}

/** Hints for nodes, where there were none. */
function dropNodeHints(object: KubeObject, old: KubeObject | undefined): void {
  const before: readonly Endpoint[] = old?.endpoints ?? []
  if (before.some(({ hints }) => hints?.forNodes)) return
  for (const { hints } of (object.endpoints ?? []) as Endpoint[]) if (hints) delete hints.forNodes
}

function validateHints(
  { forZones = [], forNodes = [] }: NonNullable<Endpoint['hints']>,
  path: string,
  errors: FieldErrors,
): void {
  const isZone = (at: string, name: string) => {
    for (const wrong of isLabelValue(name)) errors.invalid(at, name, wrong)
  }
  const isNode = (at: string, name: string) => {
    dns1123Subdomain(errors, at, name)
  }
  for (const [list, at, judge] of [
    [forZones, child(path, 'forZones'), isZone],
    [forNodes, child(path, 'forNodes'), isNode],
  ] as const) {
    if (list.length > limits.hints) {
      errors.tooMany(at, list.length, limits.hints)
      return
    }
    const names = new Set<string>()
    list.forEach(({ name = '' }, i) => {
      const namePath = child(index(at, i), 'name')
      if (names.has(name)) errors.duplicate(namePath, name)
      names.add(name)
      judge(namePath, name)
    })
  }
}
