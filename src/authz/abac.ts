import { decodeDocument, Fields, type TypeMeta } from '../codec/index.js'
import type { UserInfo } from '../http/index.js'
import { type Attributes, type Authorizer, allowed, type Decision } from './authorizer.js'

/** One line of a policy file. Empty: it says nothing about that; `*` stands for all. */
export interface AbacPolicy {
  readonly user: string
  readonly group: string
  readonly readonly: boolean
  readonly apiGroup: string
  readonly resource: string
  readonly namespace: string
  readonly nonResourcePath: string
}

/**
 * `--authorization-mode=ABAC`: allows what one of the policies allows. A policy is for a user or a group, or for a user only as
 * a member of a group. Source: kubernetes pkg/auth/authorizer/abac.
 */
export function abacAuthorizer(policies: readonly AbacPolicy[]): Authorizer {
  const refused: Decision = { verdict: 'none', reason: 'No policy matched.' }
  return {
    authorize(attributes) {
      for (const policy of policies) if (matches(policy, attributes)) return allowed
      return refused
    },
    rulesFor(user, namespace) {
      const own = policies.filter(
        (policy) => isFor(policy, user) && (policy.namespace === '*' || policy.namespace === namespace),
      )
      return {
        resourceRules: own
          .filter(({ resource }) => resource !== '')
          .map((policy) => ({
            verbs: verbsOf(policy),
            apiGroups: [policy.apiGroup],
            resources: [policy.resource],
            resourceNames: [],
          })),
        nonResourceRules: own
          .filter(({ nonResourcePath }) => nonResourcePath !== '')
          .map((policy) => ({ verbs: verbsOf(policy), nonResourceURLs: [policy.nonResourcePath] })),
        incomplete: false,
        errors: [],
      }
    },
  }
}

const verbsOf = ({ readonly }: AbacPolicy): readonly string[] => (readonly ? ['get', 'list', 'watch'] : ['*'])

const readVerbs = new Set(['get', 'list', 'watch'])

function matches(policy: AbacPolicy, attributes: Attributes): boolean {
  if (policy.readonly && !readVerbs.has(attributes.verb)) return false
  return isFor(policy, attributes.user) && (resourceMatches(policy, attributes) || pathMatches(policy, attributes))
}

/** One of user and group has to be named, and those that are have to fit. */
function isFor({ user, group }: AbacPolicy, { name, groups }: UserInfo): boolean {
  if (user !== '' && user !== '*' && user !== name) return false
  if (group !== '' && group !== '*' && !groups.includes(group)) return false
  return user !== '' || group !== ''
}

function resourceMatches(policy: AbacPolicy, attributes: Attributes): boolean {
  const fits = (pattern: string, value: string): boolean => pattern === '*' || pattern === value
  return (
    attributes.isResourceRequest &&
    fits(policy.namespace, attributes.namespace) &&
    fits(policy.resource, attributes.resource) &&
    fits(policy.apiGroup, attributes.apiGroup)
  )
}

function pathMatches({ nonResourcePath: pattern }: AbacPolicy, { isResourceRequest, path }: Attributes): boolean {
  if (isResourceRequest) return false
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')))
}

const group = 'abac.authorization.kubernetes.io'
const everybody = 'system:authenticated'

/**
 * Reads a policy file: a JSON object a line, empty lines and those that begin with `#` aside. Lines without a version are of
 * the oldest form, in which what is not said stands for all.
 *
 * @param file for messages
 * @throws Error that names the line
 */
export async function parseAbacPolicies(
  text: string,
  file: string,
  warn: (text: string) => void,
): Promise<AbacPolicy[]> {
  const policies: AbacPolicy[] = []
  let unversioned = false
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '')
    if (line.trim() === '' || line.trim().startsWith('#')) continue
    try {
      const { value, type } = await decodeDocument(Buffer.from(line))
      const versioned = type.group === group && type.kind === 'Policy'
      if (versioned && type.version === 'v1beta1') policies.push(policyOf(value))
      else {
        if (type.version !== '' && !(type.group === group && type.version === 'v0' && (versioned || type.kind === '')))
          throw misfit(type)
        unversioned ||= type.version === ''
        policies.push(oldPolicyOf(value))
      }
    } catch (error) {
      throw new Error(`error reading policy file ${file}, line ${i + 1}: ${line}: ${(error as Error).message}`)
    }
  }
  if (unversioned) warn(`Policy file ${file} contained unversioned rules.`)
  return policies
}

function misfit({ group: of, version, kind }: TypeMeta): Error {
  if (kind === '' && of === group && version === 'v1beta1')
    return new Error('converting (v1beta1.Policy) to (v0.Policy): unknown conversion')
  const apiVersion = of === '' ? version : `${of}/${version}`
  const shown = `no kind ${JSON.stringify(kind === '' ? 'Policy' : kind)} is registered for version ${JSON.stringify(apiVersion)}`
  return new Error(`${shown} in scheme "pkg/runtime/scheme.go:111"`)
}

function policyOf(value: unknown): AbacPolicy {
  const spec = new Fields(value, '', 'v1beta1.Policy').object('spec', 'PolicySpec')
  const user = spec.text('user')
  const members = spec.text('group')
  const all = user === '*' || members === '*'
  return {
    user: all ? '' : user,
    group: all ? everybody : members,
    readonly: spec.flag('readonly'),
    apiGroup: spec.text('apiGroup'),
    resource: spec.text('resource'),
    namespace: spec.text('namespace'),
    nonResourcePath: spec.text('nonResourcePath'),
  }
}

function oldPolicyOf(value: unknown): AbacPolicy {
  const fields = new Fields(value, '', 'v0.Policy')
  const user = fields.text('user')
  const members = fields.text('group')
  const resource = fields.text('resource')
  const namespace = fields.text('namespace')
  const all = user === '*' || members === '*'
  return {
    user: all ? '' : user,
    group: all || (user === '' && members === '') ? everybody : members,
    readonly: fields.flag('readonly'),
    apiGroup: '*',
    resource: resource === '' ? '*' : resource,
    namespace: namespace === '' ? '*' : namespace,
    nonResourcePath: resource === '' && namespace === '' ? '*' : '',
  }
}
