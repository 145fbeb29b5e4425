import { child, type FieldErrors, index, parseQuantity, type Quantity } from '../../api/index.js'
import type { CapacityRequestPolicy } from './types.js'
import { list } from './words.js'

const maxValues = 10

/** How much of a device's capacity may be asked for. @param capacity all there is */
export function validateRequestPolicy(
  capacity: Quantity,
  policy: CapacityRequestPolicy,
  at: string,
  errors: FieldErrors,
): void {
  const { validValues = [], validRange, default: preset } = policy
  if (validValues.length > 0 && validRange) {
    const detail = 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time'
    errors.forbidden(at, detail)
    return
  }
  const field = validValues.length > 0 ? 'validValues' : validRange ? 'validRange' : undefined
  if (field === undefined) return
  if (preset === undefined || preset === null)
    errors.required(child(at, 'default'), `required when ${field} is defined`)
  else if (validRange) validateRange(parseQuantity(preset), capacity, validRange, child(at, field), errors)
  else validateValues(parseQuantity(preset), capacity, validValues.map(parseQuantity), child(at, field), errors)
}

function validateValues(
  preset: Quantity,
  capacity: Quantity,
  values: readonly Quantity[],
  at: string,
  errors: FieldErrors,
): void {
  values.forEach((value, i) => {
    if (i > 0 && values[i - 1]!.compare(value) > 0)
      errors.invalid(index(at, i), value.toString(), 'values must be sorted in ascending order')
  })
  list(errors, at, values, { max: maxValues, key: (value) => String(value.value()) }, (value, own) => {
    if (value.compare(capacity) > 0)
      errors.invalid(own, value.toString(), `option is larger than capacity value: ${capacity}`)
  })
  if (values.length > maxValues || !values.some((value) => value.equals(preset)))
    errors.invalid(at, preset.toString(), 'default value is not valid according to the requestPolicy')
}

function validateRange(
  preset: Quantity,
  capacity: Quantity,
  range: NonNullable<CapacityRequestPolicy['validRange']>,
  at: string,
  errors: FieldErrors,
): void {
  if (range.min === undefined) {
    errors.required(child(at, 'min'), 'required when validRange is defined')
    return
  }
  const wrong = (field: string, value: Quantity, detail: string): void =>
    errors.invalid(child(at, field), value.toString(), detail)
  const min = parseQuantity(range.min)
  const max = range.max === undefined ? undefined : parseQuantity(range.max)
  if (min.compare(capacity) > 0) wrong('min', min, `min is larger than capacity value: ${capacity}`)
  if (preset.compare(min) < 0) wrong('min', preset, `default is less than min: ${min}`)
  if (max !== undefined) {
    if (min.compare(max) > 0) wrong('max', min, `min is larger than max: ${max}`)
    if (max.compare(capacity) > 0) wrong('max', max, `max is larger than capacity value: ${capacity}`)
    if (preset.compare(max) > 0) wrong('max', preset, `default is more than max: ${max}`)
  }
  if (range.step === undefined) return
  const step = parseQuantity(range.step)
  const added = min.add(step)
  if (added.compare(capacity) > 0) wrong('step', step, `one step ${added} is larger than capacity value: ${capacity}`)
  for (const value of max === undefined ? [preset] : [preset, max])
    if (!isMultiple(value, min, step))
      wrong('step', value, `value is not a multiple of a given step (${step}) from (${min})`)
}

/** A step of zero divides nothing (upstream panics). */
function isMultiple(value: Quantity, min: Quantity, step: Quantity): boolean {
  const size = BigInt(step.value())
  return size !== 0n && (BigInt(value.value()) - BigInt(min.value())) % size === 0n
}
