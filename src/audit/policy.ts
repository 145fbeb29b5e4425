import type { Attributes } from '../authz/index.js'
import type { Level, Stage } from './event.js'

/** What the policy wants of a request. */
export interface Verdict {
  readonly level: Level
  readonly omitStages: ReadonlySet<Stage>
  readonly omitManagedFields: boolean
}

/** Asked once for every request. */
export type Policy = (attributes: Attributes) => Verdict

/** One rule as the file has it. Empty lists match everything. */
export interface PolicyRule {
  readonly level: Level
  readonly users: readonly string[]
  readonly userGroups: readonly string[]
  readonly verbs: readonly string[]
  readonly resources: readonly GroupResources[]
  /** "" is that of resources without one. */
  readonly namespaces: readonly string[]
  readonly nonResourceURLs: readonly string[]
  readonly omitStages: readonly Stage[]
  /** Undefined: as the policy says. */
  readonly omitManagedFields: boolean | undefined
}

export interface GroupResources {
  readonly group: string
  readonly resources: readonly string[]
  readonly resourceNames: readonly string[]
}

export interface PolicyDocument {
  readonly rules: readonly PolicyRule[]
  readonly omitStages: readonly Stage[]
  readonly omitManagedFields: boolean
}

/** The first rule that matches decides; what none matches is not recorded. Source: apiserver pkg/audit/policy/checker.go. */
export function compilePolicy({ rules, omitStages, omitManagedFields }: PolicyDocument): Policy {
  const compiled = rules.map((rule) => ({
    matches: matcher(rule),
    verdict: {
      level: rule.level,
      omitStages: new Set([...omitStages, ...rule.omitStages]),
      omitManagedFields: rule.omitManagedFields ?? omitManagedFields,
    },
  }))
  const otherwise: Verdict = { level: 'None', omitStages: new Set(omitStages), omitManagedFields }
  return (attributes) => compiled.find(({ matches }) => matches(attributes))?.verdict ?? otherwise
}

type Test = (attributes: Attributes) => boolean

function matcher(rule: PolicyRule): Test {
  const tests: Test[] = []
  const oneOf = (list: readonly string[], of: (attributes: Attributes) => string): void => {
    if (list.length === 0) return
    const set = new Set(list)
    tests.push((attributes) => set.has(of(attributes)))
  }
  oneOf(rule.users, ({ user }) => user.name)
  if (rule.userGroups.length > 0) {
    const groups = new Set(rule.userGroups)
    tests.push(({ user }) => user.groups.some((group) => groups.has(group)))
  }
  oneOf(rule.verbs, ({ verb }) => verb)
  if (rule.namespaces.length > 0 || rule.resources.length > 0) {
    tests.push(({ isResourceRequest }) => isResourceRequest)
    oneOf(rule.namespaces, ({ namespace }) => namespace)
    const resources = rule.resources.map(resourceTest)
    if (resources.length > 0) tests.push((attributes) => resources.some((test) => test(attributes)))
  } else if (rule.nonResourceURLs.length > 0) {
    const paths = rule.nonResourceURLs.map(pathTest)
    tests.push(({ isResourceRequest, path }) => !isResourceRequest && paths.some((test) => test(path)))
  }
  return (attributes) => tests.every((test) => test(attributes))
}

function resourceTest({ group, resources, resourceNames }: GroupResources): Test {
  const names = new Set(resourceNames)
  const ofGroup: Test = ({ apiGroup }) => group === '*' || group === apiGroup
  if (resources.length === 0) return ofGroup
  return (attributes) =>
    ofGroup(attributes) &&
    (names.size === 0 || names.has(attributes.name)) &&
    resources.some((wanted) => resourceMatches(wanted, attributes.resource, attributes.subresource))
}

// "pods", "pods/log", "pods/*", "*/scale" and "*": the first without subresources, the last with all.
function resourceMatches(wanted: string, resource: string, subresource: string): boolean {
  if (wanted === '*' || wanted === (subresource === '' ? resource : `${resource}/${subresource}`)) return true
  if (subresource !== '' && wanted.startsWith('*/') && wanted.slice(2) === subresource) return true
  return wanted.endsWith('/*') && wanted.slice(0, -2) === resource
}

function pathTest(wanted: string): (path: string) => boolean {
  if (wanted === '*') return () => true
  const prefix = wanted.endsWith('*') ? wanted.replace(/\*+$/, '') : undefined
  return (path) => path === wanted || (prefix !== undefined && path.startsWith(prefix))
}
