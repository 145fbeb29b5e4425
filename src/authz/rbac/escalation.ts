import type { AdmissionAttributes, AdmissionPlugin } from '../../admission/index.js'
import {
  ApiError,
  badRequest,
  equalJson,
  forbidden,
  isPathSegmentName,
  type KubeObject,
  notFound,
  quote,
  quoteList,
} from '../../api/index.js'
import type { UserInfo } from '../../http/index.js'
import type { Authorizer } from '../authorizer.js'
import { compacted, missingRights } from './covers.js'
import type { PolicyRule } from './policy-rule.js'
import type { RbacAuthorizer } from './rbac-authorizer.js'
import type { RoleRef } from './rbac-index.js'

const group = 'rbac.authorization.k8s.io'
const roles: ReadonlySet<string> = new Set(['roles', 'clusterroles'])
const bindings: ReadonlySet<string> = new Set(['rolebindings', 'clusterrolebindings'])

/**
 * Nobody gives away rights they do not have: roles may hold no more than their writer does, unless that one may `escalate`
 * them, and bindings no role that is more than that, unless it may `bind` it. Asked right before a role or binding is
 * written, after all mutating admission. Source: kubernetes pkg/registry/rbac.
 *
 * @param authorizer the server's whole chain, for `escalate` and `bind`
 * @param rbac who has what
 */
export function rbacEscalation(authorizer: Authorizer, rbac: RbacAuthorizer): AdmissionPlugin {
  const check = async (attributes: AdmissionAttributes): Promise<void> => {
    const { object, oldObject, resource, user } = attributes
    if (object === undefined || user === undefined || user.groups.includes('system:masters')) return
    const ofRoles = roles.has(resource.resource)
    // A role may be escalated whatever changes; a binding is looked at only if more changes than who collects it.
    if (ofRoles && (await mayEscalate(authorizer, attributes, user))) return
    if (oldObject !== undefined && isGarbageCollection(object, oldObject)) return
    if (ofRoles) checkRole(rbac, attributes, object, user)
    else if (!(await mayBind(authorizer, attributes, object, user))) checkBinding(rbac, attributes, object, user)
  }
  return {
    name: 'RBACEscalation',
    handles: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    admit(attributes) {
      const { resource } = attributes
      if (resource.group !== group) return
      if (roles.has(resource.resource) || bindings.has(resource.resource)) return check(attributes)
    },
  }
}

function checkRole(rbac: RbacAuthorizer, attributes: AdmissionAttributes, role: KubeObject, user: UserInfo): void {
  const { namespace, oldObject } = attributes
  const refusal = escalation(rbac, user, namespace, role.rules ?? [])
  if (refusal !== undefined) throw refused(attributes, role, refusal)
  if (attributes.resource.resource !== 'clusterroles') return
  if (!aggregates(role) && !(oldObject !== undefined && aggregates(oldObject))) return
  // What an aggregated role will hold cannot be foreseen.
  if (escalation(rbac, user, namespace, everything) !== undefined)
    throw refused(attributes, role, 'must have cluster-admin privileges to use the aggregationRule')
}

const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

const aggregates = ({ aggregationRule }: KubeObject): boolean =>
  (aggregationRule?.clusterRoleSelectors?.length ?? 0) > 0

function checkBinding(
  rbac: RbacAuthorizer,
  attributes: AdmissionAttributes,
  binding: KubeObject,
  user: UserInfo,
): void {
  const { namespace, resource } = attributes
  const ref: RoleRef = binding.roleRef ?? { kind: '', name: '' }
  const rules = rbac.roleRules(ref, namespace)
  if (typeof rules === 'string') {
    if (ref.kind !== 'Role' && ref.kind !== 'ClusterRole') throw new ApiError('', rules)
    if (ref.kind === 'Role' && namespace === '') throw badRequest('Namespace parameter required.')
    if (ref.name === '') throw badRequest('Name parameter required.')
    const wrong = isPathSegmentName(ref.name)
    if (wrong.length > 0) throw badRequest(`Name parameter invalid: ${quote(ref.name)}: ${wrong.join(';')}`)
    // Upstream looks the role up as part of this request, and so names the request's resource.
    throw notFound({ group, resource: resource.resource }, ref.name)
  }
  const refusal = escalation(rbac, user, namespace, rules)
  if (refusal !== undefined) throw refused(attributes, binding, refusal)
}

/** Why a user may not give these rights away; undefined: it may. */
function escalation(
  rbac: RbacAuthorizer,
  user: UserInfo,
  namespace: string,
  wanted: readonly PolicyRule[],
): string | undefined {
  const { rules, errors } = rbac.policyRules(user, namespace)
  const missing = missingRights(rules, wanted)
  if (missing.length === 0) return undefined
  const lines = [...new Set(compacted(missing).map(described))].sort()
  const texts = [...new Set(errors)]
  const problems =
    texts.length === 0 ? '' : `; resolution errors: [${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}]`
  const who = `user ${quote(user.name)} (groups=${quoteList(user.groups)})`
  return `${who} is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}${problems}`
}

function described({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const parts = [
    ['APIGroups', apiGroups],
    ['Resources', resources],
    ['NonResourceURLs', nonResourceURLs],
    ['ResourceNames', resourceNames],
    ['Verbs', verbs],
  ] as const
  const told = parts.flatMap(([name, values]) => (values?.length ? [`${name}:${quoteList(values)}`] : []))
  return `{${told.join(', ')}}`
}

const refused = ({ resource }: AdmissionAttributes, { metadata }: KubeObject, why: string): ApiError =>
  forbidden({ group, resource: resource.resource }, metadata.name ?? '', why)

async function mayEscalate(authorizer: Authorizer, attributes: AdmissionAttributes, user: UserInfo): Promise<boolean> {
  const { resource, namespace, pathName = '' } = attributes
  // What is created by POST has no name yet that a right could be restricted to.
  return allowed(authorizer, 'escalate', resource.resource, namespace, pathName, user)
}

async function mayBind(
  authorizer: Authorizer,
  { namespace }: AdmissionAttributes,
  { roleRef }: KubeObject,
  user: UserInfo,
): Promise<boolean> {
  const resource = roleRef?.kind === 'ClusterRole' ? 'clusterroles' : roleRef?.kind === 'Role' ? 'roles' : undefined
  if (resource === undefined) return false
  return allowed(authorizer, 'bind', resource, namespace, roleRef.name ?? '', user, roleRef.apiGroup ?? '')
}

async function allowed(
  authorizer: Authorizer,
  verb: 'escalate' | 'bind',
  resource: string,
  namespace: string,
  name: string,
  user: UserInfo,
  apiGroup = group,
): Promise<boolean> {
  const { verdict } = await authorizer.authorize({
    user,
    verb,
    isResourceRequest: true,
    apiGroup,
    apiVersion: '*',
    resource,
    subresource: '',
    namespace,
    name,
    path: '',
    fieldSelector: '',
    labelSelector: '',
  })
  return verdict === 'allow'
}

/** Whether nothing changes but who waits for the object's deletion and whom it belongs to. */
function isGarbageCollection(object: KubeObject, old: KubeObject): boolean {
  const { ownerReferences, finalizers, managedFields } = old.metadata
  const metadata = { ...object.metadata, ownerReferences, finalizers, managedFields }
  return equalJson({ ...object, metadata }, old)
}
