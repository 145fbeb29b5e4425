import {
  DecodeError,
  facts,
  factsName,
  type GroupVersion,
  kindShape,
  type StructShape,
  structShape,
} from '../api/index.js'
import type { TypeMeta } from './type-meta.js'

/** The kind that a body says it is, in whatever group. The option kinds belong to every group version, the discovery kinds to v1. */
export function registeredKind({ group, version, kind }: TypeMeta): StructShape | undefined {
  const name = factsName(group, version)
  const shape = kindShape(group, version, kind)
  if (shape !== undefined || name === undefined) return shape
  if (Object.values(facts(name).kinds).some(({ list }) => list === kind)) return structShape(`${name}.${kind}`)
  const everywhere = optionKinds.has(kind) || (group === '' && version === 'v1' && unversionedKinds.has(kind))
  return everywhere ? structShape(`meta.v1.${kind}`) : undefined
}

/**
 * Kinds of a group convert among its versions; events among their two groups; the scales of all groups; what `extensions`
 * once had as what it has become.
 *
 * @param target `internalType`: upstream's name of the internal type, told if another kind is sent
 * @throws DecodeError for all others
 */
export function checkConvertible(
  actual: TypeMeta,
  expected: TypeMeta,
  target: { readonly internalType?: string },
  { goName }: StructShape,
): void {
  const converts =
    actual.group === expected.group ||
    actual.kind === 'Event' ||
    (actual.kind === 'Scale' && scaleGroups.has(actual.group)) ||
    (actual.group === 'extensions' && movedTo.get(actual.kind) === expected.group)
  if (actual.kind === expected.kind && converts) return
  const internal = target.internalType ?? `${internalPackage(expected.group)}.${expected.kind}`
  throw new DecodeError(`converting (${actual.version}.${goName}) to (${internal}): unknown conversion`)
}

/** Whose old versions had scales of their own. */
const scaleGroups = new Set(['extensions', 'apps'])

/** Where the kinds of `extensions` are now. */
const movedTo = new Map([
  ['DaemonSet', 'apps'],
  ['Deployment', 'apps'],
  ['ReplicaSet', 'apps'],
  ['Ingress', 'networking.k8s.io'],
  ['NetworkPolicy', 'networking.k8s.io'],
])

export const sameVersion = (a: GroupVersion, b: GroupVersion): boolean => a.group === b.group && a.version === b.version

const optionKinds = new Set([
  'WatchEvent',
  'ListOptions',
  'GetOptions',
  'DeleteOptions',
  'CreateOptions',
  'UpdateOptions',
  'PatchOptions',
])
const unversionedKinds = new Set(['Status', 'APIVersions', 'APIGroupList', 'APIGroup', 'APIResourceList'])

/** The Go package of a group's internal types. */
function internalPackage(group: string): string {
  if (group === '' || group === 'events.k8s.io') return 'core'
  return group === 'internal.apiserver.k8s.io' ? 'apiserverinternal' : group.slice(0, `${group}.`.indexOf('.'))
}
