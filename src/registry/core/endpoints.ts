import {
  child,
  dns1123Label,
  dns1123Subdomain,
  equalJson,
  FieldErrors,
  index,
  ipWarnings,
  type KubeObject,
  legacyIpAddress,
  portNumber,
  qualifiedName,
  requiredOneOf,
  validateObjectMeta,
} from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { validateEndpointIp } from './endpoint-address.js'
import { strictAddresses } from './strict-addresses.js'

export const endpoints: ResourceRules = {
  allowCreateOnUpdate: true,
  defaults: {
    v1(object) {
      for (const { ports } of subsetsOf(object)) for (const port of ports ?? []) port.protocol ||= 'TCP'
    },
  },
  validate(object, errors, { enabled }) {
    validateSubsets(subsetsOf(object), errors, enabled(strictAddresses))
  },
  validateUpdate(object, old, errors, { enabled }) {
    validateObjectMeta(object.metadata, { namespaced: true, name: 'dns1123Subdomain' }, 'metadata', errors)
    const own = new FieldErrors()
    validateSubsets(subsetsOf(object), own, enabled(strictAddresses))
    // What was stored under older rules may stay as it is.
    if (!own.empty && !equalJson(subsetsOf(object), subsetsOf(old))) errors.list.push(...own.list)
  },
  warnings(object) {
    if (object.metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller') return []
    return subsetsOf(object).flatMap((subset, i) =>
      (['addresses', 'notReadyAddresses'] as const).flatMap((kind) =>
        (subset[kind] ?? []).flatMap(({ ip }, j) => ipWarnings(`subsets[${i}].${kind}[${j}].ip`, ip ?? '')),
      ),
    )
  },
}

interface Subset {
  addresses?: Address[]
  notReadyAddresses?: Address[]
  ports?: Port[]
}

interface Address {
  ip?: string
  hostname?: string
  nodeName?: string
}

interface Port {
  name?: string
  port?: number
  protocol?: string
  appProtocol?: string
}

const subsetsOf = (object: KubeObject): readonly Subset[] => object.subsets ?? []

/** Source: pkg/apis/core/validation, validateEndpointSubsets. */
function validateSubsets(subsets: readonly Subset[], errors: FieldErrors, strict: boolean): void {
  subsets.forEach(({ addresses = [], notReadyAddresses = [], ports = [] }, i) => {
    const at = index('subsets', i)
    if (addresses.length === 0 && notReadyAddresses.length === 0) {
      errors.required(at, 'must specify `addresses` or `notReadyAddresses`')
    }
    validateAddresses(addresses, child(at, 'addresses'), errors, strict)
    validateAddresses(notReadyAddresses, child(at, 'notReadyAddresses'), errors, strict)
    ports.forEach((port, j) => {
      validatePort(port, ports.length > 1, index(child(at, 'ports'), j), errors)
    })
  })
}

function validateAddresses(addresses: readonly Address[], path: string, errors: FieldErrors, strict: boolean): void {
  addresses.forEach(({ ip = '', hostname, nodeName }, i) => {
    const at = index(path, i)
    legacyIpAddress(errors, child(at, 'ip'), ip, { strict })
    if (hostname) dns1123Label(errors, child(at, 'hostname'), hostname)
    if (nodeName != null) dns1123Subdomain(errors, child(at, 'nodeName'), nodeName)
    validateEndpointIp(ip, child(at, 'ip'), errors)
  })
}

function validatePort(
  { name, port, protocol, appProtocol }: Port,
  named: boolean,
  path: string,
  errors: FieldErrors,
): void {
  if (name) dns1123Label(errors, child(path, 'name'), name)
  else if (named) errors.required(child(path, 'name'))
  portNumber(errors, child(path, 'port'), port ?? 0)
  requiredOneOf(errors, child(path, 'protocol'), protocol, ['SCTP', 'TCP', 'UDP'])
  if (appProtocol != null) qualifiedName(errors, child(path, 'appProtocol'), appProtocol)
}
