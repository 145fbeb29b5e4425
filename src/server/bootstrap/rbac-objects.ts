import { equalJson, type KubeObject } from '../../api/index.js'
import type { PolicyRule } from '../../authz/index.js'
import type { Loopback } from '../loopback.js'

const group = 'rbac.authorization.k8s.io'
const autoUpdate = 'rbac.authorization.kubernetes.io/autoupdate'

/**
 * The roles and bindings that every cluster starts with. What is missing from one that is there (rules, subjects) is added,
 * unless its autoupdate annotation says no; nothing is ever taken away, and a binding to another role is left alone.
 * Source: kubernetes pkg/registry/rbac/rest, component-helpers auth/rbac/reconciliation.
 */
export async function ensureRbac(loopback: Loopback, enabled: (gate: string) => boolean): Promise<void> {
  const [clusterRoles, clusterRoleBindings, roles, roleBindings] = await Promise.all([
    import('./data/clusterroles.json', { with: { type: 'json' } }),
    import('./data/clusterrolebindings.json', { with: { type: 'json' } }),
    import('./data/roles.json', { with: { type: 'json' } }),
    import('./data/rolebindings.json', { with: { type: 'json' } }),
  ])
  await Promise.all([
    ensureAll(loopback, `${group}/clusterroles`, withFeatures(clusterRoles.default, enabled), withRules),
    ensureAll(
      loopback,
      `${group}/clusterrolebindings`,
      withFeatures(clusterRoleBindings.default, enabled),
      withSubjects,
    ),
    ensureAll(loopback, `${group}/roles`, roles.default, withRules),
    ensureAll(loopback, `${group}/rolebindings`, roleBindings.default, withSubjects),
  ])
}

/** What nodes may do. */
export async function nodeRules(enabled: (gate: string) => boolean): Promise<readonly PolicyRule[]> {
  const { default: roles } = await import('./data/clusterroles.json', { with: { type: 'json' } })
  const role = withFeatures(roles, enabled).find(({ metadata }) => metadata.name === 'system:node')
  if (role === undefined) throw new Error('there is no bootstrap role system:node')
  return role.rules as readonly PolicyRule[]
}

interface OfGate {
  /** The feature gate without which it is not there. */
  readonly gate?: string
}

/** Pages that are only there with a feature. */
const pages: ReadonlyMap<string, string> = new Map([
  ['/flagz', 'ComponentFlagz'],
  ['/statusz', 'ComponentStatusz'],
])

/** Roles and bindings, and rules of them, that belong to features that are on. */
function withFeatures(objects: readonly unknown[], enabled: (gate: string) => boolean): KubeObject[] {
  const isOn = (gate: string | undefined): boolean => gate === undefined || enabled(gate)
  const present = <T extends OfGate>(items: readonly T[]): Omit<T, 'gate'>[] =>
    items.flatMap(({ gate, ...item }) => (isOn(gate) ? [item] : []))
  const withPages = (rule: { readonly nonResourceURLs?: readonly string[] }): object =>
    rule.nonResourceURLs === undefined
      ? rule
      : { ...rule, nonResourceURLs: rule.nonResourceURLs.filter((url) => isOn(pages.get(url))) }
  return present(objects as (KubeObject & OfGate)[]).map((object) =>
    Array.isArray(object.rules) ? { ...object, rules: present(object.rules).map(withPages) } : object,
  ) as KubeObject[]
}

async function ensureAll(
  loopback: Loopback,
  resource: string,
  objects: readonly unknown[],
  complete: (stored: KubeObject, wanted: KubeObject) => KubeObject,
): Promise<void> {
  if (!loopback.serves(resource)) return
  await Promise.all(
    (objects as KubeObject[]).map((object) =>
      loopback.reconcile(resource, object, (stored, wanted) =>
        stored.metadata.annotations?.[autoUpdate] === 'false' ? stored : complete(withMetadata(stored, wanted), wanted),
      ),
    ),
  )
}

function withMetadata(stored: KubeObject, { metadata }: KubeObject): KubeObject {
  const labels = { ...metadata.labels, ...stored.metadata.labels }
  const annotations = { ...metadata.annotations, ...stored.metadata.annotations }
  return { ...stored, metadata: { ...stored.metadata, labels, annotations } }
}

function withRules(stored: KubeObject, wanted: KubeObject): KubeObject {
  // The rules of an aggregated role are a controller's.
  if (wanted.aggregationRule !== undefined)
    return { ...stored, aggregationRule: stored.aggregationRule ?? wanted.aggregationRule }
  return { ...stored, rules: united(stored.rules, wanted.rules) }
}

function withSubjects(stored: KubeObject, wanted: KubeObject): KubeObject {
  if (!equalJson(stored.roleRef, wanted.roleRef)) return stored
  return { ...stored, subjects: united(stored.subjects, wanted.subjects) }
}

function united(stored: unknown, wanted: unknown): unknown {
  if (!Array.isArray(wanted)) return stored
  const list: unknown[] = Array.isArray(stored) ? stored : []
  const missing = wanted.filter((item) => !list.some((own) => equalJson(own, item)))
  return missing.length === 0 ? stored : [...list, ...missing]
}
