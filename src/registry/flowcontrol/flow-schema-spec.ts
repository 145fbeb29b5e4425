import {
  child,
  dns1123Label,
  dns1123Subdomain,
  each,
  type FieldErrors,
  index,
  isDns1123Label,
  required,
} from '../../api/index.js'

export interface FlowSchemaSpec {
  matchingPrecedence?: number
  distinguisherMethod?: { type?: string }
  priorityLevelConfiguration?: { name?: string }
  rules?: PolicyRules[]
}

interface PolicyRules {
  subjects?: Subject[]
  resourceRules?: ResourceRule[]
  nonResourceRules?: NonResourceRule[]
}

interface Subject {
  kind?: string
  user?: { name?: string }
  group?: { name?: string }
  serviceAccount?: { name?: string; namespace?: string }
}

interface ResourceRule {
  verbs?: string[]
  apiGroups?: string[]
  resources?: string[]
  namespaces?: string[] | null
  clusterScope?: boolean
}

interface NonResourceRule {
  verbs?: string[]
  nonResourceURLs?: string[]
}

const maxPrecedence = 10000
const methods = ['ByNamespace', 'ByUser']
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']
const knownVerbs: ReadonlySet<string> = new Set(verbs)

/** Source: kubernetes pkg/apis/flowcontrol/validation, ValidateFlowSchemaSpec. */
export function validateFlowSchemaSpec(schema: string, spec: FlowSchemaSpec, errors: FieldErrors): void {
  const { matchingPrecedence: precedence = 0, distinguisherMethod: method } = spec
  const at = 'spec.matchingPrecedence'
  if (precedence <= 0) errors.invalid(at, precedence, 'must be a positive value')
  if (precedence > maxPrecedence) errors.invalid(at, precedence, `must not be greater than ${maxPrecedence}`)
  if (precedence === 1 && schema !== 'exempt')
    errors.invalid(at, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")
  if (method && !methods.includes(method.type ?? ''))
    errors.notSupported('spec.distinguisherMethod.type', { Type: method.type ?? '' }, methods)
  const level = spec.priorityLevelConfiguration?.name
  const levelAt = 'spec.priorityLevelConfiguration.name'
  if (required(errors, levelAt, level, 'must reference a priority level')) dns1123Subdomain(errors, levelAt, level)
  each('spec.rules', spec.rules, (rules, own) => validateRules(rules, own, errors))
}

function validateRules(rules: PolicyRules, at: string, errors: FieldErrors): void {
  const { subjects, resourceRules = [], nonResourceRules = [] } = rules
  required(errors, child(at, 'subjects'), subjects, 'subjects must contain at least one value')
  each(child(at, 'subjects'), subjects, (subject, own) => validateSubject(subject, own, errors))
  if (resourceRules.length === 0 && nonResourceRules.length === 0)
    errors.required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty')
  each(child(at, 'resourceRules'), resourceRules, (rule, own) => validateResourceRule(rule, own, errors))
  each(child(at, 'nonResourceRules'), nonResourceRules, (rule, own) => validateNonResourceRule(rule, own, errors))
}

const subjectFields = [
  ['serviceAccount', 'ServiceAccount'],
  ['user', 'User'],
  ['group', 'Group'],
] as const

function validateSubject(subject: Subject, at: string, errors: FieldErrors): void {
  const mine = subjectFields.find(([, kind]) => kind === subject.kind)
  if (mine === undefined) {
    errors.notSupported(child(at, 'kind'), subject.kind ?? '', ['Group', 'ServiceAccount', 'User'])
    return
  }
  const [field, kind] = mine
  const own = child(at, field)
  if (!subject[field]) errors.required(own, `${field} is required when subject kind is '${kind}'`)
  else if (field === 'serviceAccount') validateServiceAccount(subject[field]!, own, errors)
  else required(errors, child(own, 'name'), subject[field]!.name)
  for (const [other, otherKind] of subjectFields)
    if (other !== field && subject[other])
      errors.forbidden(child(at, other), `${other} is forbidden when subject kind is not '${otherKind}'`)
}

function validateServiceAccount(
  { name, namespace }: { name?: string; namespace?: string },
  at: string,
  errors: FieldErrors,
): void {
  if (required(errors, child(at, 'name'), name) && name !== '*') dns1123Subdomain(errors, child(at, 'name'), name)
  const own = child(at, 'namespace')
  if (required(errors, own, namespace, 'must specify namespace for service account'))
    dns1123Label(errors, own, namespace)
}

function validateResourceRule(rule: ResourceRule, at: string, errors: FieldErrors): void {
  validateVerbs(rule.verbs, child(at, 'verbs'), errors)
  const { apiGroups, resources } = rule
  const groupsAt = child(at, 'apiGroups')
  if (required(errors, groupsAt, apiGroups, 'resource rules must supply at least one api group'))
    aloneIfWildcard(apiGroups, groupsAt, 'api groups', errors)
  const resourcesAt = child(at, 'resources')
  if (required(errors, resourcesAt, resources, 'resource rules must supply at least one resource'))
    aloneIfWildcard(resources, resourcesAt, 'resources', errors)

  const own = child(at, 'namespaces')
  const namespaces = rule.namespaces ?? []
  if (namespaces.length === 0 && rule.clusterScope !== true)
    errors.required(own, 'resource rules that are not cluster scoped must supply at least one namespace')
  else if (!aloneIfWildcard(namespaces, own, 'namespaces', errors)) {
    const intro = "each member of this list must be '*' or a DNS-1123 label; "
    namespaces.forEach((namespace, i) => {
      for (const wrong of isDns1123Label(namespace)) errors.invalid(index(own, i), namespace, intro + wrong)
    })
  }
}

function validateNonResourceRule(rule: NonResourceRule, at: string, errors: FieldErrors): void {
  validateVerbs(rule.verbs, child(at, 'verbs'), errors)
  const { nonResourceURLs: urls } = rule
  const own = child(at, 'nonResourceURLs')
  if (!required(errors, own, urls, 'nonResourceURLs must contain at least one value')) return
  if (aloneIfWildcard(urls, own, 'non-resource URLs', errors)) return
  each(own, urls, (url, urlAt) => {
    const wrong = wrongWithUrl(url)
    if (wrong !== undefined) errors.invalid(urlAt, url, wrong)
  })
}

function validateVerbs(list: readonly string[] | undefined, at: string, errors: FieldErrors): void {
  if (!required(errors, at, list, 'verbs must contain at least one value')) return
  if (aloneIfWildcard(list, at, 'verbs', errors)) return
  if (!list!.every((verb) => knownVerbs.has(verb))) errors.notSupported(at, list, verbs)
}

/** Tells whether there is a `*`, which must be all there is. */
function aloneIfWildcard(list: readonly string[] = [], at: string, what: string, errors: FieldErrors): boolean {
  if (!list.includes('*')) return false
  if (list.length > 1) errors.invalid(at, list, `if '*' is present, must not specify other ${what}`)
  return true
}

function wrongWithUrl(url: string): string | undefined {
  if (url === '') return 'must not be empty'
  if (url === '/') return undefined
  if (!url.startsWith('/')) return 'must start with slash'
  if (url.includes(' ')) return 'must not contain white-space'
  if (url.includes('//')) return 'must not contain double slash'
  const star = url.indexOf('*')
  const isSuffix = star === url.length - 1 && url.endsWith('/*')
  return star < 0 || isSuffix ? undefined : 'wildcard can only do suffix matching'
}
