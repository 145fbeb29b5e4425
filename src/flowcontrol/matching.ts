import type { RequestInfo, UserInfo } from '../http/index.js'
import type { FlowSchemaSpec } from '../registry/index.js'

/** Rules of a flow schema for the same subjects. */
export interface PolicyRules {
  concerns(user: UserInfo): boolean
  readonly resources: readonly ((info: RequestInfo) => boolean)[]
  readonly others: readonly ((info: RequestInfo) => boolean)[]
}

/**
 * Turns the rules of a flow schema into functions. They are judged in two steps, the subject first: a user's subjects do not
 * change from request to request. Source: apiserver pkg/util/flowcontrol/rule.go.
 */
export function compileRules(rules: FlowSchemaSpec['rules'] = []): readonly PolicyRules[] {
  return rules.map(({ subjects = [], resourceRules = [], nonResourceRules = [] }) => {
    const tests = subjects.map(compileSubject)
    return {
      concerns: (user) => tests.some((test) => test(user)),
      resources: resourceRules.map(compileResourceRule),
      others: nonResourceRules.map(compileNonResourceRule),
    }
  })
}

type Rules = NonNullable<FlowSchemaSpec['rules']>[number]
type Of<K extends keyof Rules> = NonNullable<Rules[K]>[number]

function compileSubject({ kind, user, group, serviceAccount }: Of<'subjects'>): (user: UserInfo) => boolean {
  if (kind === 'User' && user) return user.name === '*' ? () => true : ({ name }) => name === user.name
  if (kind === 'Group' && group) {
    const { name = '' } = group
    return name === '*' ? () => true : ({ groups }) => groups.includes(name)
  }
  if (kind === 'ServiceAccount' && serviceAccount) {
    const prefix = `system:serviceaccount:${serviceAccount.namespace}:`
    const whole = prefix + serviceAccount.name
    return serviceAccount.name === '*' ? ({ name }) => name.startsWith(prefix) : ({ name }) => name === whole
  }
  return () => false
}

function compileResourceRule(rule: Of<'resourceRules'>): (info: RequestInfo) => boolean {
  const verbs = among(rule.verbs)
  const groups = among(rule.apiGroups)
  const resources = among(rule.resources)
  const namespaces = among(rule.namespaces ?? [])
  const cluster = rule.clusterScope === true
  return (info) => {
    if (verbs !== undefined && !verbs.has(info.verb)) return false
    if (resources !== undefined) {
      const { resource, subresource } = info
      if (!resources.has(subresource === '' ? resource : `${resource}/${subresource}`)) return false
    }
    if (groups !== undefined && !groups.has(info.apiGroup)) return false
    if (info.namespace === '') return cluster
    return namespaces === undefined || namespaces.has(info.namespace)
  }
}

function compileNonResourceRule(rule: Of<'nonResourceRules'>): (info: RequestInfo) => boolean {
  const verbs = among(rule.verbs)
  const { nonResourceURLs: urls = [] } = rule
  const all = urls.includes('*')
  const exact = new Set(urls)
  const prefixes = urls.map((url) => {
    const prefix = url.endsWith('*') ? url.slice(0, -1) : url
    return prefix.endsWith('/') ? prefix : `${prefix}/`
  })
  return ({ verb, path }) => {
    if (verbs !== undefined && !verbs.has(verb)) return false
    return all || exact.has(path) || prefixes.some((prefix) => path.startsWith(prefix))
  }
}

/** Undefined: everything. A star is one only where it is alone, as validation wants it. */
const among = (list: readonly string[] = []): ReadonlySet<string> | undefined =>
  list.length === 1 && list[0] === '*' ? undefined : new Set(list)
