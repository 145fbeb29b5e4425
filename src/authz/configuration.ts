import { FieldErrors, formatDuration, index, isDns1123Subdomain, parseDuration } from '../api/index.js'
import { decodeConfiguration, type Fields } from '../codec/index.js'

export type AuthorizerType = 'AlwaysAllow' | 'AlwaysDeny' | 'ABAC' | 'Webhook' | 'RBAC' | 'Node'

/** The chain of authorizers, as `--authorization-config` or the older flags say it. */
export interface AuthorizationConfiguration {
  readonly authorizers: readonly AuthorizerConfiguration[]
}

export interface AuthorizerConfiguration {
  /** Checked by `validateAuthorizationConfiguration`, as is everything here. */
  readonly type: string
  readonly name: string
  readonly webhook: WebhookConfiguration | undefined
}

export interface WebhookConfiguration {
  /** Nanoseconds, as are the others. */
  readonly authorizedTtl: bigint
  readonly cacheAuthorizedRequests: boolean
  readonly unauthorizedTtl: bigint
  readonly cacheUnauthorizedRequests: boolean
  readonly timeout: bigint
  readonly subjectAccessReviewVersion: string
  readonly matchConditionSubjectAccessReviewVersion: string
  /** NoOpinion or Deny. */
  readonly failurePolicy: string
  readonly connectionType: string
  /** Undefined: not given. */
  readonly kubeConfigFile: string | undefined
  readonly matchConditions: readonly string[]
}

const versions = ['v1', 'v1beta1', 'v1alpha1'].map((version) => `apiserver.config.k8s.io/${version}`)

/** @throws Error that says why it cannot be read */
export async function readAuthorizationConfiguration(bytes: Buffer): Promise<AuthorizationConfiguration> {
  if (bytes.length === 0) return { authorizers: [] }
  const fields = await decodeConfiguration(bytes, 'AuthorizationConfiguration', versions)
  const authorizers = fields
    .list('authorizers', 'AuthorizerConfiguration')
    .map((authorizer): AuthorizerConfiguration => {
      const webhook =
        authorizer.raw('webhook') === undefined
          ? undefined
          : webhookOf(authorizer.object('webhook', 'WebhookConfiguration'))
      const found = { type: authorizer.text('type'), name: authorizer.text('name'), webhook }
      authorizer.done()
      return found
    })
  fields.done()
  return { authorizers }
}

const minute = 60_000_000_000n

function webhookOf(fields: Fields): WebhookConfiguration {
  const connection = fields.object('connectionInfo', 'WebhookConnectionInfo')
  const kubeConfigFile = connection.raw('kubeConfigFile') === undefined ? undefined : connection.text('kubeConfigFile')
  const webhook = {
    authorizedTtl: duration(fields, 'authorizedTTL') || 5n * minute,
    cacheAuthorizedRequests: fields.flag('cacheAuthorizedRequests', true),
    unauthorizedTtl: duration(fields, 'unauthorizedTTL') || minute / 2n,
    cacheUnauthorizedRequests: fields.flag('cacheUnauthorizedRequests', true),
    timeout: duration(fields, 'timeout'),
    subjectAccessReviewVersion: fields.text('subjectAccessReviewVersion'),
    matchConditionSubjectAccessReviewVersion: fields.text('matchConditionSubjectAccessReviewVersion'),
    failurePolicy: fields.text('failurePolicy'),
    connectionType: connection.text('type'),
    kubeConfigFile,
    matchConditions: fields.list('matchConditions', 'WebhookMatchCondition').map((condition) => {
      const expression = condition.text('expression')
      condition.done()
      return expression
    }),
  }
  connection.done()
  fields.done()
  return webhook
}

const duration = (fields: Fields, name: string): bigint => {
  const text = fields.text(name)
  return text === '' ? 0n : parseDuration(text)
}

const types: readonly string[] = ['ABAC', 'AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'Webhook']

export interface ConfigurationChecks {
  /** What is wrong with a file that has to be there: undefined, or a text. */
  readonly fileProblem: (path: string) => string | undefined
  /** What is wrong with an expression, without the expression: undefined, or a text. */
  readonly expressionProblem: (expression: string) => string | undefined
  /** Types that have to be there, apart from webhooks: those that the server was started with. */
  readonly requiredTypes?: ReadonlySet<string>
}

/**
 * Source: apiserver pkg/apis/apiserver/validation, kubernetes pkg/kubeapiserver/authorizer.
 *
 * @throws Error that says all that is wrong
 */
export function validateAuthorizationConfiguration(
  { authorizers }: AuthorizationConfiguration,
  checks: ConfigurationChecks,
): void {
  const errors = new FieldErrors()
  if (authorizers.length === 0) errors.required('authorizers', 'at least one authorization mode must be defined')
  const seenTypes = new Set<string>()
  const seenNames = new Set<string>()
  for (const [i, { type, name, webhook }] of authorizers.entries()) {
    const at = index('authorizers', i)
    if (type === '') errors.required(`${at}.type`)
    else if (!types.includes(type)) errors.notSupported(`${at}.type`, type, types)
    else if (seenTypes.has(type) && type !== 'Webhook') errors.duplicate(`${at}.type`, type)
    else {
      seenTypes.add(type)
      checkName(errors, `${at}.name`, name, seenNames)
      seenNames.add(name)
      if (type === 'Webhook') {
        if (webhook === undefined) errors.required(`${at}.webhook`, 'required when type=Webhook')
        else checkWebhook(errors, at, webhook, checks)
      } else if (webhook !== undefined)
        errors.invalid(`${at}.webhook`, 'non-null', 'may only be specified when type=Webhook')
    }
  }
  if (!errors.empty) throw new Error(errors.message)

  const problems = authorizers
    .filter(({ type, name }) => type !== 'Webhook' && name !== type.toLowerCase())
    .map(({ type, name }) => `expected name ${type.toLowerCase()} for authorizer ${type} instead of ${name}`)
  const missing = [...(checks.requiredTypes ?? [])].filter((type) => !seenTypes.has(type)).sort()
  if (missing.length > 0) problems.push(`missing required types: [${missing.join(' ')}]`)
  if (problems.length > 0) throw new Error(problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`)
}

function checkName(errors: FieldErrors, at: string, name: string, seen: ReadonlySet<string>): void {
  const wrong = isDns1123Subdomain(name)
  if (name === '') errors.required(at)
  else if (seen.has(name)) errors.duplicate(at, name)
  else if (wrong.length > 0) errors.invalid(at, name, `authorizer name is invalid: ${wrong.join(', ')}`)
}

const second = 1_000_000_000n

function checkWebhook(
  errors: FieldErrors,
  at: string,
  webhook: WebhookConfiguration,
  checks: ConfigurationChecks,
): void {
  const { timeout, authorizedTtl, unauthorizedTtl } = webhook
  if (timeout === 0n) errors.required(`${at}.timeout`)
  else if (timeout > 30n * second || timeout < 0n)
    errors.invalid(`${at}.timeout`, formatDuration(timeout), 'must be > 0s and <= 30s')
  for (const [name, ttl] of [
    ['authorizedTTL', authorizedTtl],
    ['unauthorizedTTL', unauthorizedTtl],
  ] as const) {
    if (ttl === 0n) errors.required(`${at}.${name}`)
    else if (ttl < 0n) errors.invalid(`${at}.${name}`, formatDuration(ttl), 'must be > 0s')
  }
  oneOf(errors, `${at}.subjectAccessReviewVersion`, webhook.subjectAccessReviewVersion, ['v1', 'v1beta1'])
  const version = webhook.matchConditionSubjectAccessReviewVersion
  const versionAt = `${at}.matchConditionSubjectAccessReviewVersion`
  if (version === '') {
    if (webhook.matchConditions.length > 0) errors.required(versionAt, 'required if match conditions are specified')
  } else if (version !== 'v1') errors.notSupported(versionAt, version, ['v1'])
  const policies = ['NoOpinion', 'Deny']
  if (webhook.failurePolicy === '') errors.required(`${at}.failurePolicy`)
  else if (!policies.includes(webhook.failurePolicy))
    errors.notSupportedInOrder(`${at}.failurePolicy`, webhook.failurePolicy, policies)
  checkConnection(errors, `${at}.connectionInfo`, webhook, checks)
  checkConditions(errors, `${at}.matchConditions`, webhook.matchConditions, checks)
}

function checkConnection(
  errors: FieldErrors,
  at: string,
  { connectionType, kubeConfigFile }: WebhookConfiguration,
  { fileProblem }: ConfigurationChecks,
): void {
  switch (connectionType) {
    case '':
      errors.required(`${at}.type`)
      return
    case 'InClusterConfig':
      if (kubeConfigFile !== undefined)
        errors.invalid(`${at}.kubeConfigFile`, kubeConfigFile, 'can only be set when type=KubeConfigFile')
      return
    case 'KubeConfigFile': {
      if (kubeConfigFile === undefined || kubeConfigFile === '') {
        errors.required(`${at}.kubeConfigFile`)
        return
      }
      const problem = kubeConfigFile.startsWith('/') ? fileProblem(kubeConfigFile) : 'must be an absolute path'
      if (problem !== undefined) errors.invalid(`${at}.kubeConfigFile`, kubeConfigFile, problem)
      return
    }
    default: {
      const told = { Type: connectionType, KubeConfigFile: kubeConfigFile ?? null }
      errors.notSupportedInOrder(`${at}.type`, told, ['InClusterConfig', 'KubeConfigFile'])
    }
  }
}

const maxConditions = 64

function checkConditions(
  errors: FieldErrors,
  at: string,
  expressions: readonly string[],
  { expressionProblem }: ConfigurationChecks,
): void {
  if (expressions.length > maxConditions) {
    errors.tooMany(at, expressions.length, maxConditions)
    return
  }
  const seen = new Set<string>()
  for (const [i, expression] of expressions.entries()) {
    const where = `${at}[${i}].expression`
    if (expression.trim() === '') errors.required(where)
    else if (seen.has(expression)) errors.duplicate(where, expression)
    else {
      seen.add(expression)
      const problem = expressionProblem(expression)
      if (problem !== undefined) errors.invalid(where, expression, problem)
    }
  }
}

function oneOf(errors: FieldErrors, at: string, value: string, all: readonly string[]): void {
  if (value === '') errors.required(at)
  else if (!all.includes(value)) errors.notSupportedInOrder(at, value, all)
}
