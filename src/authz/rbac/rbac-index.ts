import { type KubeObject, quote } from '../../api/index.js'
import { CompiledRule, type PolicyRule } from './policy-rule.js'

export type RbacKind = 'Role' | 'ClusterRole' | 'RoleBinding' | 'ClusterRoleBinding'

export interface RoleRef {
  readonly kind: string
  readonly name: string
}

interface Subject {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
}

/** A binding seen from one of its subjects. */
export interface Grant {
  /** Orders the grants of one scope: the binding's name. */
  readonly binding: string
  readonly roleRef: RoleRef
  /** Where the subject stands in its binding: the first that applies is the one told. */
  readonly position: number
  /** For the audit log: `RBAC: allowed by ...`. */
  readonly reason: string
}

/**
 * The four RBAC kinds, indexed by what a decision looks them up by. Bindings are found through their subjects, so that a
 * user costs as many lookups as it has groups, however many bindings there are.
 */
export class RbacIndex {
  readonly #roles = new Map<string, readonly CompiledRule[]>()
  readonly #bindings = new Map<string, KubeObject>()
  /** Scope (namespace, or empty for the cluster) → subject key → grants. */
  readonly #grants = new Map<string, Map<string, Grant[]>>()

  set(kind: RbacKind, object: KubeObject): void {
    const namespace = object.metadata.namespace ?? ''
    const name = object.metadata.name ?? ''
    if (kind === 'Role' || kind === 'ClusterRole') {
      const rules = (object.rules ?? []) as readonly PolicyRule[]
      this.#roles.set(
        roleKey(kind, namespace, name),
        rules.map((rule) => new CompiledRule(rule)),
      )
      return
    }
    this.delete(kind, namespace, name)
    this.#bindings.set(roleKey(kind, namespace, name), object)
    for (const [key, grant] of grantsOf(kind, object)) this.#subject(namespace, key).push(grant)
  }

  delete(kind: RbacKind, namespace: string, name: string): void {
    const key = roleKey(kind, namespace, name)
    if (kind === 'Role' || kind === 'ClusterRole') {
      this.#roles.delete(key)
      return
    }
    const old = this.#bindings.get(key)
    if (old === undefined) return
    this.#bindings.delete(key)
    const scope = this.#grants.get(namespace)
    // none of its subjects was of a known kind
    if (scope === undefined) return
    for (const [subject] of grantsOf(kind, old)) {
      const left = scope.get(subject)?.filter((grant) => grant.binding !== name)
      if (left === undefined || left.length === 0) scope.delete(subject)
      else scope.set(subject, left)
    }
    if (scope.size === 0) this.#grants.delete(namespace)
  }

  /** What is granted to a user in a scope, one for each binding, by binding name. */
  grants(scope: string, name: string, groups: readonly string[]): readonly Grant[] {
    const bySubject = this.#grants.get(scope)
    if (bySubject === undefined) return []
    const byBinding = new Map<string, Grant>()
    const add = (key: string): void => {
      for (const grant of bySubject.get(key) ?? []) {
        const seen = byBinding.get(grant.binding)
        if (seen === undefined || grant.position < seen.position) byBinding.set(grant.binding, grant)
      }
    }
    add(`user:${name}`)
    for (const group of groups) add(`group:${group}`)
    return [...byBinding.values()].sort((a, b) => (a.binding < b.binding ? -1 : 1))
  }

  /** The rules of a role as a binding in `scope` refers to it, or why there are none, in upstream's words. */
  rules(ref: RoleRef, scope: string): readonly CompiledRule[] | string {
    if (ref.kind === 'ClusterRole') {
      return this.#roles.get(roleKey('ClusterRole', '', ref.name)) ?? missing('clusterrole', ref.name)
    }
    if (ref.kind === 'Role') {
      return this.#roles.get(roleKey('Role', scope, ref.name)) ?? missing('role', ref.name)
    }
    return `unsupported role reference kind: ${quote(ref.kind)}`
  }

  #subject(scope: string, key: string): Grant[] {
    const bySubject = getOrMake(this.#grants, scope, () => new Map<string, Grant[]>())
    return getOrMake(bySubject, key, () => [])
  }
}

function getOrMake<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

const roleKey = (kind: RbacKind, namespace: string, name: string): string => `${kind}/${namespace}/${name}`

const missing = (resource: string, name: string): string =>
  `${resource}.rbac.authorization.k8s.io ${quote(name)} not found`

function* grantsOf(kind: RbacKind, { metadata, roleRef, subjects }: KubeObject): Generator<[string, Grant]> {
  const namespace = metadata.namespace ?? ''
  const name = metadata.name ?? ''
  const told = `${kind} ${quote(namespace === '' ? name : `${name}/${namespace}`)} of ${roleRef?.kind} ${quote(roleRef?.name ?? '')}`
  const list = (subjects ?? []) as readonly Subject[]
  for (let position = 0; position < list.length; position++) {
    const subject = list[position]!
    const key = subjectKey(subject, namespace)
    if (key === undefined) continue
    const reason = `RBAC: allowed by ${told} to ${describe(subject, namespace)}`
    yield [key, { binding: name, roleRef: roleRef as RoleRef, position, reason }]
  }
}

function subjectKey({ kind, name, namespace }: Subject, scope: string): string | undefined {
  if (kind === 'User') return `user:${name}`
  if (kind === 'Group') return `group:${name}`
  if (kind !== 'ServiceAccount') return undefined
  const home = namespace === undefined || namespace === '' ? scope : namespace
  return home === '' ? undefined : `user:system:serviceaccount:${home}:${name}`
}

function describe({ kind, name, namespace }: Subject, scope: string): string {
  if (kind !== 'ServiceAccount') return `${kind} ${quote(name)}`
  return `${kind} ${quote(`${name}/${namespace === undefined || namespace === '' ? scope : namespace}`)}`
}
