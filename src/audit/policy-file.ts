import { FieldErrors, index, isDns1123Subdomain } from '../api/index.js'
import { decodeTyped, Fields, unregistered } from '../codec/index.js'
import { type Level, levels, type Stage, stages } from './event.js'
import type { GroupResources, PolicyDocument, PolicyRule } from './policy.js'

/**
 * Reads the text of a policy file. Fields that nobody knows are a warning, as upstream falls back to lenient decoding.
 *
 * @param file named in errors
 * @throws Error with all that is wrong
 * @see apiserver pkg/audit/policy/reader.go, pkg/apis/audit/validation
 */
export async function readPolicy(file: string, text: Buffer, warn: (text: string) => void): Promise<PolicyDocument> {
  try {
    const errors = new FieldErrors()
    const policy = await decoded(text, errors, (problem) =>
      warn(`Audit policy contains errors, falling back to lenient decoding: strict decoding error: ${problem}`),
    )
    if (!errors.empty) throw new Error(aggregate(errors))
    if (policy.rules.length === 0) throw new Error('loaded illegal policy with 0 rules')
    return policy
  } catch (error) {
    throw new Error(`loading audit policy file: ${(error as Error).message}: from file ${file}`)
  }
}

async function decoded(text: Buffer, errors: FieldErrors, lenient: (problem: string) => void): Promise<PolicyDocument> {
  const failed = (error: unknown): Error => new Error(`failed decoding: ${(error as Error).message}`)
  const { value, type, problem } = await decodeTyped(text).catch((error: unknown) => {
    throw failed(error)
  })
  // What is not said is taken for the version that upstream decodes into.
  const { apiVersion } = type
  const kind = type.kind === '' ? 'Policy' : type.kind
  if (type.version === '')
    throw new Error(`unknown group version field audit.k8s.io/__internal, Kind=${kind} in policy`)
  if (apiVersion !== 'audit.k8s.io/v1' || kind !== 'Policy') throw failed(unregistered(kind, apiVersion))
  if (problem !== undefined) lenient(problem)
  try {
    return document(new Fields(value, '', 'v1.Policy'), errors, lenient)
  } catch (error) {
    throw failed(error)
  }
}

function document(fields: Fields, errors: FieldErrors, lenient: (problem: string) => void): PolicyDocument {
  for (const name of ['kind', 'apiVersion', 'metadata']) fields.raw(name)
  const policy: PolicyDocument = {
    omitStages: readStages(fields, errors),
    omitManagedFields: fields.flag('omitManagedFields'),
    rules: fields.list('rules', 'PolicyRule').map((rule) => readRule(rule, errors, lenient)),
  }
  known(fields, lenient)
  return policy
}

function readRule(fields: Fields, errors: FieldErrors, lenient: (problem: string) => void): PolicyRule {
  const level = fields.text('level', 'v1.Level')
  const at = fields.at('level')
  if (level === '') errors.required(at)
  else if (!levels.includes(level as Level)) errors.notSupportedInOrder(at, level, levels)
  const nonResourceURLs = fields.texts('nonResourceURLs')
  const paths = fields.at('nonResourceURLs')
  nonResourceURLs.forEach((url, i) => {
    if (url === '*') return
    if (!url.startsWith('/'))
      errors.invalid(index(paths, i), url, "non-resource URL rules must begin with a '/' character")
    if (url.slice(0, -1).includes('*'))
      errors.invalid(index(paths, i), url, "non-resource URL wildcards '*' must be the final character of the rule")
  })
  const resources = fields
    .list('resources', 'GroupResources')
    .map((entry) => readResources(entry, fields.at('resources'), errors, lenient))
  const namespaces = fields.texts('namespaces')
  const omitStages = readStages(fields, errors)
  const omit = fields.raw('omitManagedFields') === undefined ? undefined : fields.flag('omitManagedFields')
  if (nonResourceURLs.length > 0 && (resources.length > 0 || namespaces.length > 0))
    errors.invalid(paths, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs')
  const rule: PolicyRule = {
    level: level as Level,
    users: fields.texts('users'),
    userGroups: fields.texts('userGroups'),
    verbs: fields.texts('verbs'),
    resources,
    namespaces,
    nonResourceURLs,
    omitStages,
    omitManagedFields: omit,
  }
  known(fields, lenient)
  return rule
}

/** @param at of the list: upstream does not tell which entry it is */
function readResources(
  fields: Fields,
  at: string,
  errors: FieldErrors,
  lenient: (problem: string) => void,
): GroupResources {
  const entry: GroupResources = {
    group: fields.text('group'),
    resources: fields.texts('resources'),
    resourceNames: fields.texts('resourceNames'),
  }
  known(fields, lenient)
  if (entry.group !== '' && entry.group !== '*') {
    const wrong = isDns1123Subdomain(entry.group)
    if (wrong.length > 0) errors.invalid(`${at}.group`, entry.group, wrong.join(','))
  }
  if (entry.resourceNames.length > 0 && entry.resources.length === 0)
    errors.invalid(`${at}.resourceNames`, entry.resourceNames, 'using resourceNames requires at least one resource')
  return entry
}

function readStages(fields: Fields, errors: FieldErrors): readonly Stage[] {
  const given = fields.texts('omitStages', 'v1.Stage')
  given.forEach((stage, i) => {
    if (!stages.includes(stage as Stage))
      errors.invalid(index(fields.at('omitStages'), i), stage, `allowed stages are ${stages.join(',')}`)
  })
  return given as readonly Stage[]
}

function known(fields: Fields, lenient: (problem: string) => void): void {
  try {
    fields.done()
  } catch (error) {
    lenient((error as Error).message.replace(/^strict decoding error: /, ''))
  }
}

/** As upstream joins several errors in a line. */
function aggregate({ list }: FieldErrors): string {
  const texts = [...new Set(list.map(({ field, message }) => `${field}: ${message}`))]
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`
}
