import { FieldErrors, index, nameRules, tolerations } from '../../api/index.js'
import { type Fields, readConfiguration } from '../../codec/index.js'
import type { EventLimit } from '../plugins/event-rate-limit.js'
import type { TolerationLists } from '../plugins/pod-toleration-restriction.js'
import type { Toleration } from '../plugins/tolerations.js'
import type { PodSecurityConfiguration } from '../pod-security/pod-security.js'
import { isLevel, type LevelVersion, type Policy, parseVersion } from '../pod-security/policy.js'
import type { LimitedResource } from '../resource-quota/check.js'

/** Source: pod-security-admission admission/api. */
export function podSecurityConfiguration(document: unknown): PodSecurityConfiguration {
  const group = 'pod-security.admission.config.k8s.io'
  const fields = readConfiguration(document, 'PodSecurityConfiguration', [
    `${group}/v1`,
    `${group}/v1beta1`,
    `${group}/v1alpha1`,
  ])
  const errors = new FieldErrors()
  const defaults = fields.object('defaults')
  const level = (mode: string): LevelVersion => {
    const name = defaults.text(mode) || 'privileged'
    const version = defaults.text(`${mode}-version`) || 'latest'
    if (!isLevel(name)) errors.invalid(defaults.at(mode), name, 'must be one of privileged, baseline, restricted')
    const parsed = parseVersion(version)
    if (parsed === undefined) errors.invalid(defaults.at(`${mode}-version`), version, 'must be "latest" or "v1.x"')
    return { level: isLevel(name) ? name : 'restricted', version: parsed ?? 'latest' }
  }
  const enforce = level('enforce')
  const warn = level('warn')
  const audit = level('audit')
  defaults.done()
  const exempt = fields.object('exemptions')
  const exemptions = {
    namespaces: exempt.texts('namespaces'),
    runtimeClasses: exempt.texts('runtimeClasses'),
    usernames: exempt.texts('usernames'),
  }
  exempt.done()
  fields.done()
  checkEach(exemptions.namespaces, exempt.at('namespaces'), errors, (name) => nameRules.dns1123Label(name, false))
  checkEach(exemptions.runtimeClasses, exempt.at('runtimeClasses'), errors, (name) =>
    nameRules.dns1123Subdomain(name, false),
  )
  checkEach(exemptions.usernames, exempt.at('usernames'), errors, (name) =>
    name === '' ? ['username must not be empty'] : [],
  )
  throwIfAny(errors)
  const policy: Policy = { enforce, audit, warn }
  return { defaults: policy, exemptions }
}

function checkEach(
  values: readonly string[],
  path: string,
  errors: FieldErrors,
  check: (value: string) => readonly string[],
): void {
  const seen = new Set<string>()
  values.forEach((value, i) => {
    const wrong = check(value)
    if (wrong.length > 0) errors.invalid(index(path, i), value, wrong.join(', '))
    else if (seen.has(value)) errors.duplicate(index(path, i), value)
    seen.add(value)
  })
}

/** Source: apiserver pkg/admission/plugin/resourcequota/apis. */
export function limitedResources(document: unknown): LimitedResource[] {
  const kind = (document as { kind?: unknown } | null)?.kind
  const group = 'resourcequota.admission.k8s.io'
  const fields =
    kind === 'ResourceQuotaConfiguration'
      ? readConfiguration(document, kind, ['apiserver.config.k8s.io/v1'])
      : readConfiguration(document, 'Configuration', [`${group}/v1`, `${group}/v1beta1`, `${group}/v1alpha1`])
  const limited = fields.list('limitedResources').map((entry) => {
    const resource = {
      apiGroup: entry.text('apiGroup'),
      resource: entry.text('resource'),
      matchContains: entry.texts('matchContains'),
      matchScopes: entry.list('matchScopes').map((scope) => {
        const selector = {
          scopeName: scope.text('scopeName'),
          operator: scope.text('operator'),
          values: scope.texts('values'),
        }
        scope.done()
        return selector
      }),
    }
    entry.done()
    return resource
  })
  fields.done()
  return limited
}

const limitTypes = ['Server', 'Namespace', 'User', 'SourceAndObject'] as const

/** Source: kubernetes plugin/pkg/admission/eventratelimit. */
export function eventLimits(document: unknown): EventLimit[] {
  const fields =
    document === undefined
      ? undefined
      : readConfiguration(document, 'Configuration', ['eventratelimit.admission.k8s.io/v1alpha1'])
  const entries = fields?.list('limits') ?? []
  const errors = new FieldErrors()
  if (entries.length === 0) errors.invalid('limits', fields === undefined ? null : [], 'must not be empty')
  const limits = entries.map((entry) => {
    const type = limitTypes.find((known) => known === entry.text('type'))
    if (type === undefined) errors.notSupported(entry.at('type'), entry.text('type'), limitTypes)
    const numbers = { qps: entry.integer('qps'), burst: entry.integer('burst'), cacheSize: entry.integer('cacheSize') }
    entry.done()
    if (numbers.burst <= 0) errors.invalid(entry.at('burst'), numbers.burst, 'must be positive')
    if (numbers.qps <= 0) errors.invalid(entry.at('qps'), numbers.qps, 'must be positive')
    if (type !== 'Server' && numbers.cacheSize < 0)
      errors.invalid(entry.at('cacheSize'), numbers.cacheSize, 'must not be negative')
    return { type: type ?? 'Server', ...numbers }
  })
  fields?.done()
  throwIfAny(errors)
  return limits
}

/** Source: kubernetes plugin/pkg/admission/podnodeselector; a document without a type. */
export function nodeSelectors(document: unknown): Readonly<Record<string, string>> {
  const { podNodeSelectorPluginConfig: selectors = {} } = (document ?? {}) as {
    podNodeSelectorPluginConfig?: Readonly<Record<string, string>>
  }
  return Object.fromEntries(Object.entries(selectors).map(([namespace, selector]) => [namespace, String(selector)]))
}

/** Source: kubernetes plugin/pkg/admission/podtolerationrestriction. */
export function tolerationLists(document: unknown): TolerationLists {
  const fields = readConfiguration(document, 'Configuration', ['podtolerationrestriction.admission.k8s.io/v1alpha1'])
  const lists = {
    default: fields.list('default').map(tolerationOf),
    whitelist: fields.list('whitelist').map(tolerationOf),
  }
  fields.done()
  const errors = new FieldErrors()
  tolerations(errors, 'podtolerationrestriction.default', lists.default)
  tolerations(errors, 'podtolerationrestriction.whitelist', lists.whitelist)
  if (!errors.empty)
    throw new Error(`invalid config: [${errors.list.map(({ field, message }) => `${field}: ${message}`).join(' ')}]`)
  return lists
}

function tolerationOf(entry: Fields): Toleration {
  const [key, operator, value, effect] = ['key', 'operator', 'value', 'effect'].map((name) => entry.text(name))
  const seconds = entry.raw('tolerationSeconds') === undefined ? undefined : entry.integer('tolerationSeconds')
  entry.done()
  return {
    ...(key ? { key } : {}),
    ...(operator ? { operator } : {}),
    ...(value ? { value } : {}),
    ...(effect ? { effect } : {}),
    ...(seconds === undefined ? {} : { tolerationSeconds: seconds }),
  }
}

function throwIfAny(errors: FieldErrors): void {
  if (!errors.empty) throw new Error(errors.message)
}
