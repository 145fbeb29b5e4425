import { child, type FieldErrors, oneOf, positive, required } from '../../api/index.js'

export interface PriorityLevelSpec {
  type?: string
  limited?: Limited
  exempt?: { nominalConcurrencyShares?: number; lendablePercent?: number }
}

interface Limited {
  nominalConcurrencyShares?: number
  limitResponse?: { type?: string; queuing?: Queuing }
  lendablePercent?: number
  borrowingLimitPercent?: number
}

interface Queuing {
  queues?: number
  handSize?: number
  queueLengthLimit?: number
}

const maxQueues = 10_000_000
/** Hands are dealt by a hash of so many bits. */
const maxHashBits = 60

/** Source: kubernetes pkg/apis/flowcontrol/validation, ValidatePriorityLevelConfigurationSpec. */
export function validatePriorityLevelSpec(level: string, spec: PriorityLevelSpec, errors: FieldErrors): void {
  const { type = '', limited, exempt } = spec
  if ((level === 'exempt') !== (type === 'Exempt'))
    errors.invalid('spec.type', type, "must be 'Exempt' if and only if `name` is 'exempt'")
  if (type === 'Exempt') {
    if (limited) errors.forbidden('spec.limited', 'must be nil if the type is not Limited')
    if (exempt) validateExempt(exempt, 'spec.exempt', errors)
  } else if (type === 'Limited') {
    if (exempt) errors.forbidden('spec.exempt', 'must be nil if the type is Limited')
    if (limited) validateLimited(limited, 'spec.limited', errors)
    else errors.required('spec.limited', 'must not be empty when type is Limited')
  } else if (required(errors, 'spec.type', type)) oneOf(errors, 'spec.type', type, ['Exempt', 'Limited'])
}

function validateExempt(exempt: NonNullable<PriorityLevelSpec['exempt']>, at: string, errors: FieldErrors): void {
  validateShares(exempt, at, errors)
  validateLendable(exempt.lendablePercent, at, errors)
}

function validateShares(
  { nominalConcurrencyShares: shares = 0 }: { nominalConcurrencyShares?: number },
  at: string,
  errors: FieldErrors,
): void {
  if (shares < 0) errors.invalid(child(at, 'nominalConcurrencyShares'), shares, 'must be a non-negative integer')
}

function validateLendable(percent: number | undefined, at: string, errors: FieldErrors): void {
  if (percent !== undefined && !(percent >= 0 && percent <= 100))
    errors.invalid(child(at, 'lendablePercent'), percent, 'must be between 0 and 100, inclusive')
}

function validateLimited(limited: Limited, at: string, errors: FieldErrors): void {
  const { limitResponse = {}, borrowingLimitPercent: borrowing } = limited
  validateShares(limited, at, errors)
  validateResponse(limitResponse, child(at, 'limitResponse'), errors)
  validateLendable(limited.lendablePercent, at, errors)
  if (borrowing !== undefined && borrowing < 0)
    errors.invalid(child(at, 'borrowingLimitPercent'), borrowing, 'if specified, must be a non-negative integer')
}

function validateResponse(
  { type = '', queuing }: NonNullable<Limited['limitResponse']>,
  at: string,
  errors: FieldErrors,
): void {
  const own = child(at, 'queuing')
  if (type === 'Reject') {
    if (queuing) errors.forbidden(own, 'must be nil if limited.limitResponse.type is not Limited')
  } else if (type === 'Queue') {
    if (queuing) validateQueuing(queuing, own, errors)
    else errors.required(own, 'must not be empty if limited.limitResponse.type is Limited')
  } else if (required(errors, child(at, 'type'), type)) oneOf(errors, child(at, 'type'), type, ['Queue', 'Reject'])
}

function validateQueuing(
  { queues = 0, handSize = 0, queueLengthLimit = 0 }: Queuing,
  at: string,
  errors: FieldErrors,
): void {
  positive(errors, child(at, 'queueLengthLimit'), queueLengthLimit, 'must be positive')
  if (positive(errors, child(at, 'queues'), queues, 'must be positive') && queues > maxQueues)
    errors.invalid(child(at, 'queues'), queues, `must not be greater than ${maxQueues}`)

  const own = child(at, 'handSize')
  if (!positive(errors, own, handSize, 'must be positive')) return
  if (handSize > queues) errors.invalid(own, handSize, `should not be greater than queues (${queues})`)
  else if (Math.ceil(Math.log2(queues) * handSize) > maxHashBits) {
    const detail = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${maxHashBits}`
    errors.invalid(own, handSize, detail)
  }
}
