import { asSent, child, type FieldErrors, immutable, type KubeObject, key, parseQuantity } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { roundResourceList } from './pod/index.js'
import { isStandardQuotaResource, validateQuotaResourceName, validateResourceAmount } from './resource-names.js'

type ResourceList = Readonly<Record<string, string>>

interface ResourceQuotaSpec {
  readonly hard?: ResourceList
  readonly scopes?: readonly string[]
  readonly scopeSelector?: { readonly matchExpressions?: readonly ScopeRequirement[] }
}

interface ScopeRequirement {
  readonly scopeName?: string
  readonly operator?: string
  readonly values?: readonly string[]
}

export const resourceQuotas: ResourceRules = {
  returnDeletedObject: true,
  defaults: {
    v1({ spec, status }) {
      roundResourceList(spec?.hard)
      roundResourceList(status?.hard)
      roundResourceList(status?.used)
    },
  },
  validate(object, errors) {
    validateSpec(specOf(object), errors)
    validateStatus(object, errors)
  },
  validateUpdate(object, old, errors) {
    validateSpec(specOf(object), errors)
    const scopes = asSent(specOf(object), 'scopes')
    if (!sameSet(scopes, specOf(old).scopes)) immutable(errors, 'spec.scopes', scopes, [scopes])
  },
  validateStatusUpdate: (object, _, errors) => validateStatus(object, errors),
  warnings: (object, old) => (old === undefined ? requestsAboveLimits(specOf(object).hard ?? {}) : []),
}

const specOf = (object: KubeObject): ResourceQuotaSpec => object.spec ?? {}

const sameSet = (a: readonly string[] = [], b: readonly string[] = []): boolean => {
  const [left, right] = [new Set(a), new Set(b)]
  return left.size === right.size && [...left].every((scope) => right.has(scope))
}

function validateAmounts(list: ResourceList | undefined, path: string, errors: FieldErrors): void {
  for (const name of Object.keys(list ?? {})) {
    const at = key(path, name)
    validateQuotaResourceName(name, at, errors)
    validateResourceAmount(name, list![name]!, at, errors)
  }
}

function validateStatus(object: KubeObject, errors: FieldErrors): void {
  validateAmounts(object.status?.hard, 'status.hard', errors)
  validateAmounts(object.status?.used, 'status.used', errors)
}

function validateSpec(spec: ResourceQuotaSpec, errors: FieldErrors): void {
  validateAmounts(spec.hard, 'spec.hard', errors)
  const tracked = Object.keys(spec.hard ?? {})
    .sort()
    .filter(isStandardQuotaResource)
  if (spec.scopes?.length) validateScopes(spec.scopes, tracked, errors)
  if (spec.scopeSelector != null) validateSelector(spec, spec.scopeSelector, tracked, errors)
}

function validateScopes(scopes: readonly string[], tracked: readonly string[], errors: FieldErrors): void {
  const at = 'spec.scopes'
  for (const scope of scopes) {
    if (!knownScopes.has(scope)) errors.invalid(at, scopes, 'unsupported scope')
    for (const name of tracked) {
      if (!counts(scope, name)) errors.invalid(at, scopes, 'unsupported scope applied to resource')
    }
  }
  validatePairs(new Set(scopes), scopes, at, errors)
}

function validateSelector(
  spec: ResourceQuotaSpec,
  selector: NonNullable<ResourceQuotaSpec['scopeSelector']>,
  tracked: readonly string[],
  errors: FieldErrors,
): void {
  const at = 'spec.scopeSelector.matchExpressions'
  const requirements = selector.matchExpressions ?? []
  for (const { scopeName: scope = '', operator = '', values = [] } of requirements) {
    if (!knownScopes.has(scope)) errors.invalid(child(at, 'scopeName'), scope, 'unsupported scope')
    for (const name of tracked) {
      if (!counts(scope, name)) {
        errors.invalid(at, internalSelector(requirements), 'unsupported scope applied to resource')
      }
    }
    if (existsOnly.has(scope) && operator !== 'Exists') errors.invalid(child(at, 'operator'), operator, existsDetail)
    validateOperator(operator, values, at, errors)
  }
  // As upstream, the scopes are told here, not the expressions.
  validatePairs(new Set(requirements.map(({ scopeName = '' }) => scopeName)), spec.scopes ?? null, at, errors)
}

function validateOperator(operator: string, values: readonly string[], at: string, errors: FieldErrors): void {
  if (operator === 'In' || operator === 'NotIn') {
    const detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
    if (values.length === 0) errors.required(child(at, 'values'), detail)
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    const detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
    if (values.length > 0) errors.invalid(child(at, 'values'), values, detail)
  } else errors.invalid(child(at, 'operator'), operator, 'not a valid selector operator')
}

function validatePairs(scopes: ReadonlySet<string>, told: unknown, path: string, errors: FieldErrors): void {
  for (const scope of ['BestEffort', 'Terminating']) {
    if (scopes.has(scope) && scopes.has(`Not${scope}`)) errors.invalid(path, told, 'conflicting scopes')
  }
}

/** As upstream prints its internal type. */
const internalSelector = (requirements: readonly ScopeRequirement[]): object => ({
  MatchExpressions: requirements.map(({ scopeName = '', operator = '', values = null }) => ({
    ScopeName: scopeName,
    Operator: operator,
    Values: values,
  })),
})

const podCompute = ['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory']
const ofPods: ReadonlySet<string> = new Set(['pods', ...podCompute])
const ofBestEffort: ReadonlySet<string> = new Set(['pods'])
const ofClaims: ReadonlySet<string> = new Set(['persistentvolumeclaims', 'requests.storage'])
/** What a scope can count. */
const knownScopes: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['Terminating', ofPods],
  ['NotTerminating', ofPods],
  ['NotBestEffort', ofPods],
  ['PriorityClass', ofPods],
  ['CrossNamespacePodAffinity', ofPods],
  ['BestEffort', ofBestEffort],
  ['VolumeAttributesClass', ofClaims],
])
const existsOnly: ReadonlySet<string> = new Set([
  'BestEffort',
  'NotBestEffort',
  'Terminating',
  'NotTerminating',
  'CrossNamespacePodAffinity',
])
const existsDetail =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"

const counts = (scope: string, name: string): boolean => knownScopes.get(scope)?.has(name) ?? true

function requestsAboveLimits(hard: ResourceList): string[] {
  const warnings: string[] = []
  for (const name of ['cpu', 'memory', 'storage', 'ephemeral-storage']) {
    const bare = name === 'cpu' || name === 'memory' ? name : undefined
    const requestName = hard[`requests.${name}`] === undefined && bare !== undefined ? bare : `requests.${name}`
    const request = hard[requestName]
    const limit = hard[`limits.${name}`]
    if (request === undefined || limit === undefined || parseQuantity(request).compare(parseQuantity(limit)) <= 0)
      continue
    warnings.push(`ResourceQuota ${requestName} (${request}) should be less than limits.${name} (${limit})`)
  }
  return warnings
}
