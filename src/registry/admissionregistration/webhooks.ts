import {
  child,
  dns1035Label,
  each,
  equalJson,
  FieldErrors,
  fullyQualifiedName,
  index,
  type KubeObject,
  labelSelector,
  oneOf,
  optionalOneOf,
  required,
  validateObjectMeta,
  webhookService,
  webhookUrl,
} from '../../api/index.js'
import type { ResourceRules, RuleContext } from '../rules.js'
import { loadExpressions } from './cel/load-expressions.js'
import { type Previous, validateMatchConditions } from './expressions.js'
import { failurePolicies, matchPolicies, reinvocationPolicies, validateRule } from './match-rules.js'
import { refuseStaticSuffix } from './static-suffix.js'
import type { Webhook } from './types.js'

/** Source: kubernetes pkg/apis/admissionregistration/validation. What an old configuration had wrong is let pass. */
export const webhookValidation: Pick<ResourceRules, 'ready' | 'validate' | 'validateUpdate'> = {
  ready({ webhooks = [] }: KubeObject) {
    const conditional = (webhooks as readonly Webhook[]).some(({ matchConditions }) => matchConditions?.length)
    return conditional ? loadExpressions() : undefined
  },
  validate(configuration: KubeObject, errors: FieldErrors, context: RuleContext) {
    const { compatibleMinor } = context
    validateWebhooks(configuration.webhooks ?? [], { ...strict, compatibleMinor }, errors)
    refuseStaticSuffix(configuration, errors, context)
  },
  validateUpdate(configuration: KubeObject, old: KubeObject, errors: FieldErrors, { compatibleMinor }: RuleContext) {
    validateObjectMeta(configuration.metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
    const webhooks: Webhook[] = configuration.webhooks ?? []
    validateWebhooks(webhooks, { ...toleranceOf(old.webhooks ?? [], webhooks), compatibleMinor }, errors)
  },
}

interface Tolerance {
  readonly sideEffects: boolean
  readonly reviewVersions: boolean
  readonly repeatedNames: boolean
  readonly labelValues: boolean
  readonly matchConditions: boolean
  /** Conditions that the old webhooks had. */
  readonly previous: Previous
  /** The minor release that has to understand new conditions. */
  readonly compatibleMinor?: number | undefined
}

const strict: Tolerance = {
  sideEffects: false,
  reviewVersions: false,
  repeatedNames: false,
  labelValues: false,
  matchConditions: false,
  previous: new Set(),
}

const reviewVersions = ['v1', 'v1beta1']
const harmless = ['None', 'NoneOnDryRun']
const sideEffectClasses = ['None', 'NoneOnDryRun', 'Some', 'Unknown']

function toleranceOf(old: readonly Webhook[], webhooks: readonly Webhook[]): Tolerance {
  return {
    sideEffects: old.some(({ sideEffects }) => !harmless.includes(sideEffects ?? '')),
    reviewVersions: old.some(({ admissionReviewVersions: versions }) => versions?.length && !isKnown(versions)),
    repeatedNames: new Set(old.map(({ name }) => name)).size < old.length,
    labelValues: old.some(hasBadSelector),
    matchConditions:
      old.length === webhooks.length &&
      old.every(({ matchConditions }, i) => equalJson(matchConditions, webhooks[i]!.matchConditions)),
    previous: new Set(
      old.flatMap(({ matchConditions }) => (matchConditions ?? []).map(({ expression = '' }) => expression)),
    ),
  }
}

const isKnown = (versions: readonly string[]): boolean => versions.some((version) => reviewVersions.includes(version))

function hasBadSelector({ namespaceSelector, objectSelector }: Webhook): boolean {
  const errors = new FieldErrors()
  labelSelector(errors, '', namespaceSelector)
  labelSelector(errors, '', objectSelector)
  return !errors.empty
}

function validateWebhooks(webhooks: readonly Webhook[], tolerance: Tolerance, errors: FieldErrors): void {
  const names = new Set<string>()
  each('webhooks', webhooks, (webhook, at) => {
    validateWebhook(webhook, at, tolerance, errors)
    const versions = child(at, 'admissionReviewVersions')
    validateReviewVersions(webhook.admissionReviewVersions ?? [], versions, tolerance, errors)
    const { name = '' } = webhook
    if (tolerance.repeatedNames || name === '') return
    if (names.has(name)) errors.duplicate(child(at, 'name'), name)
    names.add(name)
  })
}

function validateWebhook(webhook: Webhook, at: string, tolerance: Tolerance, errors: FieldErrors): void {
  const { sideEffects, timeoutSeconds: timeout } = webhook
  fullyQualifiedName(errors, child(at, 'name'), webhook.name ?? '')
  each(child(at, 'rules'), webhook.rules, (rule, own) => validateRule(rule, own, errors))
  optionalOneOf(errors, child(at, 'failurePolicy'), webhook.failurePolicy, failurePolicies)
  optionalOneOf(errors, child(at, 'matchPolicy'), webhook.matchPolicy, matchPolicies)

  const allowed = tolerance.sideEffects ? sideEffectClasses : harmless
  const own = child(at, 'sideEffects')
  if (sideEffects === undefined || sideEffects === null)
    errors.required(own, `must specify one of ${allowed.join(', ')}`)
  else oneOf(errors, own, sideEffects, allowed)
  if (timeout !== undefined && (timeout > 30 || timeout < 1))
    errors.invalid(child(at, 'timeoutSeconds'), timeout, 'the timeout value must be between 1 and 30 seconds')

  const options = { allowInvalidValues: tolerance.labelValues }
  labelSelector(errors, child(at, 'namespaceSelector'), webhook.namespaceSelector, options)
  labelSelector(errors, child(at, 'objectSelector'), webhook.objectSelector, options)
  optionalOneOf(errors, child(at, 'reinvocationPolicy'), webhook.reinvocationPolicy, reinvocationPolicies)
  validateClient(webhook.clientConfig ?? {}, child(at, 'clientConfig'), errors)
  if (tolerance.matchConditions) return
  const { previous, compatibleMinor } = tolerance
  const conditionOptions = { params: false, previous, compatibleMinor }
  validateMatchConditions(webhook.matchConditions, child(at, 'matchConditions'), errors, conditionOptions)
}

function validateClient({ url, service }: NonNullable<Webhook['clientConfig']>, at: string, errors: FieldErrors): void {
  if ((url === undefined) === !service) errors.required(at, 'exactly one of url or service is required')
  else if (url !== undefined) webhookUrl(errors, child(at, 'url'), url)
  // Upstream takes the one for the other: a missing name is told as a missing namespace.
  else if (service)
    webhookService(errors, child(at, 'service'), {
      ...service,
      name: service.namespace ?? '',
      namespace: service.name ?? '',
    })
}

function validateReviewVersions(
  versions: readonly string[],
  at: string,
  tolerance: Tolerance,
  errors: FieldErrors,
): void {
  if (!required(errors, at, versions, `must specify one of ${reviewVersions.join(', ')}`)) return
  const seen = new Set<string>()
  versions.forEach((version, i) => {
    if (seen.has(version)) errors.invalid(index(at, i), version, 'duplicate version')
    else dns1035Label(errors, index(at, i), version)
    seen.add(version)
  })
  if (!tolerance.reviewVersions && !isKnown(versions))
    errors.invalid(at, versions, `must include at least one of ${reviewVersions.join(', ')}`)
}
