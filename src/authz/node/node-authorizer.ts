import type { UserInfo } from '../../http/index.js'
import { type Attributes, type Authorizer, allowed, type Decision, noOpinion } from '../authorizer.js'
import { CompiledRule, type PolicyRule } from '../rbac/policy-rule.js'
import type { NodeGraph } from './node-graph.js'
import { vertex } from './pod-references.js'

const no = (reason: string): Decision => ({ verdict: 'none', reason })

/**
 * `--authorization-mode=Node`: what kubelets may do, limited to the objects their own pods need. Refusals are "no opinion".
 * Source of rules and wording: kubernetes plugin/pkg/auth/authorizer/node.
 *
 * @param withCertificateRequests the feature gate PodCertificateRequest
 * @param rules of the bootstrap ClusterRole system:node, for what the graph has no say in
 */
export function nodeAuthorizer(
  graph: NodeGraph,
  rules: readonly PolicyRule[],
  enabled: (gate: string) => boolean,
): Authorizer {
  const withCertificateRequests = enabled('PodCertificateRequest')
  const readsAccounts = withCertificateRequests || enabled('KubeletServiceAccountTokenForCredentialProviders')
  const compiled = rules.map((rule) => new CompiledRule(rule))
  const related: Related = (kind, node, { namespace, name }) => {
    if (name === '') return no('No Object name found')
    if (graph.reaches(vertex(kind, namespace, name), node)) return allowed
    return no(`no relationship found between node '${node}' and this object`)
  }
  const byRule = (attributes: Attributes): Decision => {
    const { resource, subresource, isResourceRequest } = attributes
    const full = subresource === '' ? resource : `${resource}/${subresource}`
    const fits = compiled.some((one) =>
      isResourceRequest
        ? one.rule.resources?.includes(full) === true && one.allows(attributes)
        : one.allowsPath(attributes),
    )
    return fits ? allowed : noOpinion
  }
  return {
    authorize(attributes) {
      const node = nodeOf(attributes.user)
      if (node === undefined) return noOpinion
      if (node === '') return no(`unknown node for user ${JSON.stringify(attributes.user.name)}`)
      if (!attributes.isResourceRequest) return byRule(attributes)
      const limit = limits.get(`${attributes.apiGroup}/${attributes.resource}`)
      const special = limit === certificateRequest && !withCertificateRequests ? undefined : limit
      if (special === account && !readsAccounts && attributes.verb === 'get' && attributes.subresource === '')
        return no('not allowed to get service accounts')
      return special === undefined ? byRule(attributes) : special(node, attributes, related)
    },
    rulesFor: (user) => ({
      resourceRules: [],
      nonResourceRules: [],
      incomplete: nodeOf(user) !== undefined,
      errors: nodeOf(user) === undefined ? [] : ['node authorizer does not support user rule resolution'],
    }),
  }
}

/** Undefined: not a node. Empty: one without a name. */
function nodeOf(user: UserInfo): string | undefined {
  if (!user.name.startsWith('system:node:') || !user.groups.includes('system:nodes')) return undefined
  return user.name.slice('system:node:'.length)
}

type Related = (kind: string, node: string, attributes: Attributes) => Decision
type Limit = (node: string, attributes: Attributes, related: Related) => Decision

const read =
  (kind: string): Limit =>
  (node, attributes, related) => {
    const { verb, subresource, namespace } = attributes
    if (verb !== 'get' && verb !== 'list' && verb !== 'watch') return no('can only read resources of this type')
    if (subresource !== '') return no('cannot read subresource')
    if (namespace === '') return no('can only read namespaced object of this type')
    return related(kind, node, attributes)
  }

const getOne =
  (kind: string): Limit =>
  (node, attributes, related) => {
    if (attributes.verb !== 'get') return no('can only get individual resources of this type')
    if (attributes.subresource !== '') return no('cannot get subresource')
    return related(kind, node, attributes)
  }

const claim: Limit = (node, attributes, related) => {
  if (attributes.subresource !== 'status') return getOne('persistentvolumeclaim')(node, attributes, related)
  const { verb } = attributes
  if (verb !== 'update' && verb !== 'patch') return no('can only get/update/patch this type')
  return related('persistentvolumeclaim', node, attributes)
}

const account: Limit = (node, attributes, related) => {
  const { verb, subresource, name } = attributes
  if (verb === 'get' && subresource === '') return read('serviceaccount')(node, attributes, related)
  if (verb !== 'create' || name === '') return no('can only create tokens for individual service accounts')
  if (subresource !== 'token') return no('can only create token subresource of serviceaccount')
  return related('serviceaccount', node, attributes)
}

const ownVerbs: ReadonlySet<string> = new Set(['get', 'create', 'update', 'patch', 'delete'])

const lease: Limit = (node, { verb, namespace, name }) => {
  if (!ownVerbs.has(verb)) return no('can only get, create, update, patch, or delete a node lease')
  if (namespace !== 'kube-node-lease') return no('can only access leases in the "kube-node-lease" system namespace')
  if (verb !== 'create' && name !== node) {
    return no('can only access node lease with the same name as the requesting node')
  }
  return allowed
}

const csiNode: Limit = (node, { verb, subresource, name }) => {
  if (!ownVerbs.has(verb)) return no('can only get, create, update, patch, or delete a CSINode')
  if (subresource !== '') return no('cannot authorize CSINode subresources')
  if (verb !== 'create' && name !== node) return no('can only access CSINode with the same name as the requesting node')
  return allowed
}

const slice: Limit = (node, attributes, related) => {
  const { verb, subresource } = attributes
  if (subresource !== '') return no('cannot authorize ResourceSlice subresources')
  if (verb === 'create') return allowed
  if (ownVerbs.has(verb)) return related('resourceslice', node, attributes)
  if (verb !== 'watch' && verb !== 'list' && verb !== 'deletecollection') {
    return no(
      'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection',
    )
  }
  if (selects(attributes, 'spec.nodeName', node)) return allowed
  return no('can only list/watch/deletecollection resourceslices with nodeName field selector')
}

const certificateRequest: Limit = (node, attributes, related) => {
  const { verb, subresource } = attributes
  if (subresource !== '') return no('nodes may not access the status subresource of PodCertificateRequests')
  if (verb === 'create') return allowed
  if (verb === 'get') return related('podcertificaterequest', node, attributes)
  if (verb !== 'list' && verb !== 'watch') return no(`nodes may not ${verb} podcertificaterequests`)
  if (selects(attributes, 'spec.nodeName', node)) return allowed
  return no('can only list/watch podcertificaterequests with nodeName field selector')
}

const nodeObject: Limit = (node, { verb, subresource, name }) => {
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allowed : noOpinion
  if (subresource !== '') return noOpinion
  // which object a write may touch is the NodeRestriction admission's to say
  if (verb === 'create' || verb === 'update' || verb === 'patch') return allowed
  if (verb !== 'get' && verb !== 'list' && verb !== 'watch') return noOpinion
  if (name === node) return allowed
  const what = name === '' ? 'all nodes' : `'${name}'`
  return no(`node '${node}' cannot read ${what}, only its own Node object`)
}

const pod: Limit = (node, attributes, related) => {
  const { verb, subresource, name } = attributes
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allowed : noOpinion
  if (subresource === 'eviction') return verb === 'create' ? allowed : noOpinion
  if (subresource !== '') return noOpinion
  if (verb === 'create' || verb === 'delete') return allowed
  if (verb === 'get') return related('pod', node, attributes)
  if (verb !== 'list' && verb !== 'watch') return noOpinion
  if (selects(attributes, 'spec.nodeName', node)) return allowed
  if (name !== '') return related('pod', node, attributes)
  return no('can only list/watch pods with spec.nodeName field selector')
}

const limits: ReadonlyMap<string, Limit> = new Map<string, Limit>([
  ['/secrets', read('secret')],
  ['/configmaps', read('configmap')],
  ['/persistentvolumeclaims', claim],
  ['/persistentvolumes', getOne('persistentvolume')],
  ['resource.k8s.io/resourceclaims', getOne('resourceclaim')],
  ['storage.k8s.io/volumeattachments', getOne('volumeattachment')],
  ['/serviceaccounts', account],
  ['coordination.k8s.io/leases', lease],
  ['storage.k8s.io/csinodes', csiNode],
  ['resource.k8s.io/resourceslices', slice],
  ['/nodes', nodeObject],
  ['/pods', pod],
  ['certificates.k8s.io/podcertificaterequests', certificateRequest],
])

/** Node names have no characters that selectors escape, so that a term can be compared as it stands. */
function selects({ fieldSelector }: Attributes, field: string, value: string): boolean {
  return fieldSelector.split(',').some((term) => term === `${field}=${value}` || term === `${field}==${value}`)
}
