import type { KubeObject } from '../../api/index.js'
import type { UserInfo } from '../../http/index.js'
import { type Attributes, type Authorizer, type Decision, noOpinion, type UserRules } from '../authorizer.js'
import type { CompiledRule, PolicyRule } from './policy-rule.js'
import { RbacIndex, type RbacKind, type RoleRef } from './rbac-index.js'

/** Users whose resolved rules are kept; beyond it all are forgotten and resolved again. */
const maxUsers = 4096

/**
 * Role-based access control. Roles and bindings are fed in through `set` and `delete`; rules are resolved once per user and
 * scope and kept until the next change.
 */
export class RbacAuthorizer implements Authorizer {
  readonly #index = new RbacIndex()
  /** Found by the user object itself, which authenticators keep, or else by what it says. */
  #byObject = new WeakMap<UserInfo, UserAccess>()
  readonly #byText = new Map<string, UserAccess>()

  /** An object was created or changed. */
  set(kind: RbacKind, object: KubeObject): void {
    this.#index.set(kind, object)
    this.#forget()
  }

  /** An object is gone; `namespace` is empty for cluster kinds. */
  delete(kind: RbacKind, namespace: string, name: string): void {
    this.#index.delete(kind, namespace, name)
    this.#forget()
  }

  authorize(attributes: Attributes): Decision {
    const access = this.#access(attributes.user)
    const cluster = access.in('')
    const allowed = cluster.decide(attributes)
    if (allowed !== undefined) return allowed
    if (attributes.namespace === '') return cluster.refusal
    const local = access.in(attributes.namespace)
    return local.decide(attributes) ?? joined(cluster, local)
  }

  rulesFor(user: UserInfo, namespace: string): UserRules {
    const { rules, errors } = this.policyRules(user, namespace)
    const told = {
      resourceRules: [] as UserRules['resourceRules'][number][],
      nonResourceRules: [] as UserRules['nonResourceRules'][number][],
    }
    for (const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } of rules) {
      if (resources.length > 0) told.resourceRules.push({ verbs, apiGroups, resources, resourceNames })
      if (nonResourceURLs.length > 0) told.nonResourceRules.push({ verbs, nonResourceURLs })
    }
    return { ...told, incomplete: false, errors }
  }

  /** All rules that hold for a user in a namespace (empty: the cluster's alone), for escalation checks; and what is missing. */
  policyRules(user: UserInfo, namespace: string): { rules: PolicyRule[]; errors: string[] } {
    const access = this.#access(user)
    const scopes = namespace === '' ? [access.in('')] : [access.in(''), access.in(namespace)]
    return { rules: scopes.flatMap((scope) => scope.rules), errors: scopes.flatMap((scope) => scope.errors) }
  }

  /** The rules a binding in `namespace` would grant, or why it grants none. */
  roleRules(ref: RoleRef, namespace: string): readonly PolicyRule[] | string {
    const rules = this.#index.rules(ref, namespace)
    return typeof rules === 'string' ? rules : rules.map(({ rule }) => rule)
  }

  #access(user: UserInfo): UserAccess {
    const known = this.#byObject.get(user)
    if (known !== undefined) return known
    const text = JSON.stringify([user.name, user.groups])
    let access = this.#byText.get(text)
    if (access === undefined) {
      if (this.#byText.size >= maxUsers) this.#byText.clear()
      access = new UserAccess(this.#index, user.name, user.groups)
      this.#byText.set(text, access)
    }
    this.#byObject.set(user, access)
    return access
  }

  #forget(): void {
    if (this.#byText.size === 0) return
    this.#byText.clear()
    this.#byObject = new WeakMap()
  }
}

/** Scopes of one user that are kept; a user that walks through all namespaces must not hold them all. */
const maxScopes = 256

class UserAccess {
  readonly #scopes = new Map<string, ScopeAccess>()

  constructor(
    readonly index: RbacIndex,
    readonly name: string,
    readonly groups: readonly string[],
  ) {}

  in(scope: string): ScopeAccess {
    let access = this.#scopes.get(scope)
    if (access === undefined) {
      if (this.#scopes.size >= maxScopes) this.#scopes.clear()
      access = new ScopeAccess(this.index, scope, this.name, this.groups)
      this.#scopes.set(scope, access)
    }
    return access
  }
}

interface Entry {
  readonly rule: CompiledRule
  readonly decision: Decision
}

/** The rules of one user in one scope, by resource as they name it: `pods`, `pods/log`, `*` + `/status`, `*`. */
class ScopeAccess {
  readonly rules: PolicyRule[] = []
  readonly errors: string[] = []
  readonly refusal: Decision
  readonly #byResource = new Map<string, Entry[]>()
  readonly #byPath: Entry[] = []

  constructor(index: RbacIndex, scope: string, name: string, groups: readonly string[]) {
    for (const grant of index.grants(scope, name, groups)) {
      const rules = index.rules(grant.roleRef, scope)
      if (typeof rules === 'string') {
        this.errors.push(rules)
        continue
      }
      const decision: Decision = { verdict: 'allow', reason: grant.reason }
      for (const rule of rules) this.#add({ rule, decision })
    }
    this.refusal = refuse(this.errors)
  }

  /** Undefined: no rule allows it. */
  decide(attributes: Attributes): Decision | undefined {
    if (!attributes.isResourceRequest) {
      for (const { rule, decision } of this.#byPath) if (rule.allowsPath(attributes)) return decision
      return undefined
    }
    const { resource, subresource } = attributes
    if (subresource === '') return this.#find(resource, attributes) ?? this.#find('*', attributes)
    return (
      this.#find(`${resource}/${subresource}`, attributes) ??
      this.#find('*', attributes) ??
      this.#find(`*/${subresource}`, attributes)
    )
  }

  #find(key: string, attributes: Attributes): Decision | undefined {
    const entries = this.#byResource.get(key)
    if (entries === undefined) return undefined
    for (const { rule, decision } of entries) if (rule.allows(attributes)) return decision
    return undefined
  }

  #add(entry: Entry): void {
    const { rule } = entry.rule
    this.rules.push(rule)
    for (const resource of new Set(rule.resources)) {
      const entries = this.#byResource.get(resource)
      if (entries === undefined) this.#byResource.set(resource, [entry])
      else entries.push(entry)
    }
    if (rule.nonResourceURLs !== undefined && rule.nonResourceURLs.length > 0) this.#byPath.push(entry)
  }
}

const joined = (cluster: ScopeAccess, local: ScopeAccess): Decision =>
  cluster.errors.length === 0 ? local.refusal : refuse([...cluster.errors, ...local.errors])

function refuse(errors: readonly string[]): Decision {
  if (errors.length === 0) return noOpinion
  const texts = [...new Set(errors)]
  return { verdict: 'none', reason: `RBAC: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}` }
}
