import { equalJson, type KubeObject, notFound } from '../../api/index.js'
import { requestCommonName } from '../../registry/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import type { Authorize } from '../authorization.js'
import type { ObjectReader } from '../objects.js'
import { refuse } from '../refuse.js'
import { apiReference } from './api-references.js'
import { forbiddenNodeLabels } from './node-labels.js'
import { type TokenRestriction, validateNodeToken } from './node-tokens.js'
import { validatePodCertificateRequest } from './pod-certificate-requests.js'

export interface NodeRestrictionOptions {
  readonly authorize: Authorize
  /** Whether a feature gate is on. */
  enabled(gate: string): boolean
}

const userPrefix = 'system:node:'
const mirror = 'kubernetes.io/config.mirror'
const kubeletSigners = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet']

type Rule = (attributes: AdmissionAttributes, node: string) => Promise<void> | void

/**
 * Holds nodes to their own objects: themselves, the pods that run on them, and what belongs to these.
 *
 * @see kubernetes plugin/pkg/admission/noderestriction
 */
export function nodeRestriction(objects: ObjectReader, options: NodeRestrictionOptions): AdmissionPlugin {
  const { authorize, enabled } = options
  const tokens: TokenRestriction = {
    objects,
    ...(enabled('ServiceAccountNodeAudienceRestriction') ? { authorize } : {}),
  }
  const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
    ['/pods', (attributes, node) => admitPod(objects, attributes, node)],
    ['/nodes', admitNode],
    ['/persistentvolumeclaims', admitClaimStatus],
    ['/serviceaccounts', (attributes, node) => validateNodeToken(attributes, node, tokens)],
    ['coordination.k8s.io/leases', admitLease],
    ['storage.k8s.io/csinodes', admitCsiNode],
    ['resource.k8s.io/resourceslices', admitResourceSlice],
    [
      'certificates.k8s.io/podcertificaterequests',
      (attributes, node) => validatePodCertificateRequest(objects, attributes, node, enabled('PodCertificateRequest')),
    ],
    [
      'certificates.k8s.io/certificatesigningrequests',
      enabled('AllowInsecureKubeletCertificateSigningRequests') ? () => {} : admitSigningRequest,
    ],
  ])
  return {
    name: 'NodeRestriction',
    handles: (operation) => operation !== 'CONNECT',
    admit(attributes) {
      const { user, resource } = attributes
      if (user === undefined || !user.name.startsWith(userPrefix) || !user.groups.includes('system:nodes')) return
      const node = user.name.slice(userPrefix.length)
      if (node === '') throw refuse(attributes, `could not determine node from user "${user.name}"`)
      return rules.get(`${resource.group}/${resource.resource}`)?.(attributes, node)
    },
  }
}

function admitPod(objects: ObjectReader, attributes: AdmissionAttributes, node: string): void {
  const { subresource, operation, namespace, name, object, oldObject } = attributes
  const existing = (): KubeObject => {
    const wanted = name || (object?.metadata.name ?? '')
    const found = objects.find('/pods', namespace, wanted)
    if (found === undefined) throw notFound({ group: '', resource: 'pod' }, wanted)
    return found
  }
  if (subresource === 'status') {
    if (operation !== 'UPDATE') throw refuse(attributes, `unexpected operation "${operation}"`)
    admitPodStatus(attributes, node, object ?? { metadata: {} }, oldObject ?? { metadata: {} })
    return
  }
  if (subresource === 'eviction') {
    if (operation !== 'CREATE') throw refuse(attributes, `unexpected operation ${operation}`)
    if (existing().spec?.nodeName !== node)
      throw refuse(attributes, `node ${node} can only evict pods with spec.nodeName set to itself`)
    return
  }
  if (subresource !== '')
    throw refuse(attributes, `unexpected pod subresource "${subresource}", only 'status' and 'eviction' are allowed`)
  if (operation === 'DELETE') {
    if ((oldObject ?? existing()).spec?.nodeName !== node)
      throw refuse(attributes, `node "${node}" can only delete pods with spec.nodeName set to itself`)
    return
  }
  if (operation !== 'CREATE')
    throw refuse(
      attributes,
      `unexpected operation "${operation}", node "${node}" can only create and delete mirror pods`,
    )
  admitMirrorPod(objects, attributes, node, object ?? { metadata: {} })
}

function admitMirrorPod(objects: ObjectReader, attributes: AdmissionAttributes, node: string, pod: KubeObject): void {
  const can = `node "${node}" can only create`
  if (pod.metadata.annotations?.[mirror] === undefined)
    throw refuse(attributes, `pod does not have "${mirror}" annotation, ${can} mirror pods`)
  if (pod.spec?.nodeName !== node) throw refuse(attributes, `${can} pods with spec.nodeName set to itself`)
  const [owner, ...others] = pod.metadata.ownerReferences ?? []
  if (others.length > 0) throw refuse(attributes, `${can} pods with a single owner reference set to itself`)
  if (owner === undefined || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node)
    throw refuse(attributes, `${can} pods with an owner reference set to itself`)
  if (owner.controller !== true) throw refuse(attributes, `${can} pods with a controller owner reference set to itself`)
  if (owner.blockOwnerDeletion === true)
    throw refuse(attributes, `node "${node}" must not set blockOwnerDeletion on an owner reference`)
  const found = objects.find('/nodes', '', node)
  if (found === undefined) throw notFound({ group: '', resource: 'node' }, node)
  if (owner.uid !== found.metadata.uid)
    throw refuse(attributes, `node ${node} UID mismatch: expected ${owner.uid} got ${found.metadata.uid}`)
  const reference = apiReference(pod)
  if (reference !== undefined)
    throw refuse(attributes, `node "${node}" can not create pods that reference ${reference}`)
}

function admitPodStatus(attributes: AdmissionAttributes, node: string, pod: KubeObject, old: KubeObject): void {
  if (old.spec?.nodeName !== node)
    throw refuse(attributes, `node "${node}" can only update pod status for pods with spec.nodeName set to itself`)
  if (!equalJson(pod.metadata.labels ?? {}, old.metadata.labels ?? {}))
    throw refuse(attributes, `node "${node}" cannot update labels through pod status`)
  if (!equalJson(pod.status?.resourceClaimStatuses ?? [], old.status?.resourceClaimStatuses ?? []))
    throw refuse(attributes, `node "${node}" cannot update resource claim statues`)
  if (!equalJson(pod.status?.extendedResourceClaimStatus, old.status?.extendedResourceClaimStatus))
    throw refuse(attributes, `node "${node}" cannot update extended resource claim status`)
}

function admitNode(attributes: AdmissionAttributes, node: string): void {
  const { operation, name, object, oldObject } = attributes
  if (name !== node) throw refuse(attributes, `node "${node}" is not allowed to modify node "${name}"`)
  if (operation === 'DELETE' || object === undefined) return
  const labels = forbiddenNodeLabels(object.metadata.labels ?? {}, oldObject?.metadata.labels ?? {})
  if (operation === 'CREATE') {
    if (object.spec?.configSource !== undefined)
      throw refuse(attributes, `node "${node}" is not allowed to create pods with a non-nil configSource`)
    if (labels.length > 0)
      throw refuse(attributes, `node "${node}" is not allowed to set the following labels: ${labels.join(', ')}`)
    return
  }
  const { configSource } = object.spec ?? {}
  if (configSource !== undefined && !equalJson(configSource, oldObject?.spec?.configSource))
    throw refuse(attributes, `node "${node}" is not allowed to update configSource to a new non-nil configSource`)
  if (!equalJson(object.spec?.taints ?? [], oldObject?.spec?.taints ?? []))
    throw refuse(attributes, `node "${node}" is not allowed to modify taints`)
  if (!equalJson(object.metadata.ownerReferences ?? [], oldObject?.metadata.ownerReferences ?? []))
    throw refuse(attributes, `node "${node}" is not allowed to modify ownerReferences`)
  if (labels.length > 0) throw refuse(attributes, `is not allowed to modify labels: ${labels.join(', ')}`)
}

function admitClaimStatus(attributes: AdmissionAttributes, node: string): void {
  const { subresource, operation, object, oldObject } = attributes
  if (subresource !== 'status') throw refuse(attributes, 'may only update PVC status')
  if (operation !== 'UPDATE') throw refuse(attributes, `unexpected operation "${operation}"`)
  if (object === undefined || oldObject === undefined || equalJson(fixed(object), fixed(oldObject))) return
  throw refuse(
    attributes,
    `node "${node}" is not allowed to update fields other than status.quantity and status.conditions`,
  )
}

/** What of a claim is not a node's to change. */
function fixed({ metadata, status, ...rest }: KubeObject): Record<string, unknown> {
  const { resourceVersion: _, managedFields: __, ...meta } = metadata
  const { capacity, conditions, allocatedResourceStatuses, allocatedResources, ...told } = status ?? {}
  return { ...rest, metadata: meta, status: told }
}

function admitLease(attributes: AdmissionAttributes, node: string): void {
  const { namespace, operation, name, object } = attributes
  if (namespace !== 'kube-node-lease')
    throw refuse(attributes, 'can only access leases in the "kube-node-lease" system namespace')
  if ((operation === 'CREATE' ? object?.metadata.name : name) !== node)
    throw refuse(attributes, 'can only access node lease with the same name as the requesting node')
}

function admitCsiNode(attributes: AdmissionAttributes, node: string): void {
  const { operation, name, object } = attributes
  if ((operation === 'CREATE' ? object?.metadata.name : name) !== node)
    throw refuse(attributes, 'can only access CSINode with the same name as the requesting node')
}

function admitResourceSlice(attributes: AdmissionAttributes, node: string): void {
  const { operation, object, oldObject } = attributes
  if (operation === 'UPDATE') return
  const slice = operation === 'CREATE' ? object : oldObject
  if (slice?.spec?.nodeName !== node)
    throw refuse(
      attributes,
      `can only ${operation.toLowerCase()} ResourceSlice with the same NodeName as the requesting node`,
    )
}

function admitSigningRequest(attributes: AdmissionAttributes, node: string): void {
  const { operation, object } = attributes
  if (operation !== 'CREATE' || !kubeletSigners.includes(object?.spec?.signerName)) return
  const name = requestCommonName(Buffer.from(object?.spec?.request ?? '', 'base64').toString('latin1'))
  if (name instanceof Error) throw refuse(attributes, `unable to parse csr: ${name.message}`)
  if (name !== userPrefix + node) throw refuse(attributes, `can only create a node CSR with CN=${userPrefix}${node}`)
}
