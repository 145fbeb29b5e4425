import {
  byteLength,
  child,
  dns1123Label,
  dns1123Subdomain,
  each,
  type FieldErrors,
  oneOf,
  qualifiedName,
  required,
} from '../../api/index.js'
import { deviceSelectors, type SelectorOptions } from './load-selectors.js'
import { taintEffects } from './taints.js'
import type {
  DeviceClaim,
  DeviceConfiguration,
  DeviceConstraint,
  DeviceRequest,
  DeviceRequestSpec,
  DeviceSelector,
  DeviceToleration,
} from './types.js'
import { driverName, fullAttributeName, labelText, list, rawObject } from './words.js'

export const maxRequests = 32
export const maxConfig = 32
const maxConstraints = 32
const maxAlternatives = 8
const maxSelectors = 32
const maxExpression = 10 * 1024
const maxParameters = 10 * 1024

/** The names of a claim's requests, those of alternatives as `request/alternative`. */
export type RequestNames = ReadonlySet<string>

export function requestNames({ requests }: DeviceClaim = {}): RequestNames {
  const names = new Set<string>()
  for (const { name = '', firstAvailable = [] } of requests ?? []) {
    names.add(name)
    for (const alternative of firstAvailable) names.add(`${name}/${alternative.name ?? ''}`)
  }
  return names
}

export function validateDeviceClaim(
  claim: DeviceClaim,
  at: string,
  options: SelectorOptions,
  errors: FieldErrors,
): void {
  const { consumable } = options
  const names = requestNames(claim)
  const byName = { max: maxRequests, key: ({ name = '' }: { name?: string }) => name }
  list(errors, child(at, 'requests'), claim.requests, byName, (request, own) =>
    validateRequest(request, own, options, errors),
  )
  list(errors, child(at, 'constraints'), claim.constraints, { max: maxConstraints }, (constraint, own) => {
    validateConstraint(constraint, own, names, consumable, errors)
  })
  list(errors, child(at, 'config'), claim.config, { max: maxConfig }, (config, own) => {
    validateRequestRefs(config.requests, child(own, 'requests'), names, errors)
    validateConfiguration(config, own, errors)
  })
}

/** Of device classes too. */
export function validateSelectors(
  selectors: readonly DeviceSelector[] | undefined,
  at: string,
  options: SelectorOptions,
  errors: FieldErrors,
): void {
  list(errors, at, selectors, { max: maxSelectors }, ({ cel }, own) => {
    if (!cel) {
      errors.required(child(own, 'cel'))
      return
    }
    const expressionAt = child(own, 'cel.expression')
    const { expression = '' } = cel
    if (byteLength(expression) > maxExpression) {
      errors.tooLong(expressionAt, maxExpression)
      return
    }
    const wrong = deviceSelectors().check(expression, options)
    if (wrong?.kind === 'invalid') errors.invalid(expressionAt, expression, wrong.detail)
    else if (wrong !== undefined) errors[wrong.kind](expressionAt, wrong.detail)
  })
}

/** @param stored its parameters were checked before */
export function validateConfiguration(
  config: DeviceConfiguration,
  at: string,
  errors: FieldErrors,
  stored = false,
): void {
  const own = child(at, 'opaque')
  if (!config.opaque) {
    errors.required(own)
    return
  }
  driverName(errors, child(own, 'driver'), config.opaque.driver)
  rawObject(errors, child(own, 'parameters'), config.opaque.parameters, maxParameters, stored)
}

export function validateRequestRefs(
  refs: readonly string[] | undefined,
  at: string,
  names: RequestNames,
  errors: FieldErrors,
): void {
  list(errors, at, refs, { max: maxRequests, key: (ref) => ref }, (ref, own) =>
    validateRequestRef(ref, own, names, errors),
  )
}

export function validateRequestRef(ref: string, at: string, names: RequestNames, errors: FieldErrors): void {
  const parts = ref.split('/')
  if (parts.length <= 2) for (const part of parts) dns1123Label(errors, at, part)
  if (names.has(ref) && parts.length <= 2) return
  const detail = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
  errors.invalid(at, ref, detail)
}

function validateRequest(
  { name, exactly, firstAvailable = [] }: DeviceRequest,
  at: string,
  options: SelectorOptions,
  errors: FieldErrors,
): void {
  const one = 'exactly one of `exactly` or `firstAvailable` is required'
  dns1123Label(errors, child(at, 'name'), name)
  if (!exactly && firstAvailable.length === 0) errors.required(at, one)
  else if (exactly && firstAvailable.length > 0) errors.invalid(at, null, `${one}, but multiple fields are set`)
  else if (exactly) validateRequestSpec(exactly, child(at, 'exactly'), options, errors)
  const alternatives = exactly ? [] : firstAvailable
  const rules = { max: maxAlternatives, key: (alternative: { name?: string }) => alternative.name ?? '' }
  list(errors, child(at, 'firstAvailable'), alternatives, rules, (alternative, own) => {
    dns1123Label(errors, child(own, 'name'), alternative.name)
    validateRequestSpec(alternative, own, options, errors)
  })
}

function validateRequestSpec(
  request: DeviceRequestSpec,
  at: string,
  options: SelectorOptions,
  errors: FieldErrors,
): void {
  const { deviceClassName, allocationMode = '', count = 0 } = request
  const own = child(at, 'deviceClassName')
  if (required(errors, own, deviceClassName)) dns1123Subdomain(errors, own, deviceClassName)
  validateSelectors(request.selectors, child(at, 'selectors'), options, errors)
  if (allocationMode === 'All') {
    if (count !== 0) errors.invalid(child(at, 'count'), count, "must not be specified when allocationMode is 'All'")
  } else if (allocationMode === 'ExactCount') {
    if (count <= 0) errors.invalid(child(at, 'count'), count, 'must be greater than zero')
  } else oneOf(errors, child(at, 'allocationMode'), allocationMode, ['All', 'ExactCount'])
  each(child(at, 'tolerations'), request.tolerations, (toleration, tolerationAt) => {
    validateToleration(toleration, tolerationAt, errors)
  })
}

function validateToleration(toleration: DeviceToleration, at: string, errors: FieldErrors): void {
  const { key, operator = '', value = '', effect } = toleration
  if (key) qualifiedName(errors, child(at, 'key'), key)
  if (operator === 'Exists') {
    if (value !== '') errors.invalid(child(at, 'value'), value, 'must be empty for operator `Exists`')
  } else if (operator === 'Equal') labelText(errors, child(at, 'value'), value)
  else if (required(errors, child(at, 'operator'), operator))
    oneOf(errors, child(at, 'operator'), operator, ['Equal', 'Exists'])
  if (effect) oneOf(errors, child(at, 'effect'), effect, taintEffects)
}

function validateConstraint(
  constraint: DeviceConstraint,
  at: string,
  names: RequestNames,
  consumable: boolean,
  errors: FieldErrors,
): void {
  const { matchAttribute, distinctAttribute } = constraint
  validateRequestRefs(constraint.requests, child(at, 'requests'), names, errors)
  if (matchAttribute !== undefined) fullAttributeName(errors, child(at, 'matchAttribute'), matchAttribute)
  else if (distinctAttribute !== undefined) fullAttributeName(errors, child(at, 'distinctAttribute'), distinctAttribute)
  else if (consumable) {
    // Upstream's text speaks of several where there are none.
    const detail = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
    errors.required(at, detail)
  } else errors.required(child(at, 'matchAttribute'))
}
