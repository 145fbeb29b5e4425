import type { FieldErrors } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { validateElectionStrategy } from './strategies.js'

interface LeaseSpec {
  leaseDurationSeconds?: number
  leaseTransitions?: number
  strategy?: string
  preferredHolder?: string
}

export const leases: ResourceRules = {
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  prepareForCreate({ spec }, { enabled }) {
    if (!enabled(gate)) dropElection(spec ?? {}, {})
  },
  prepareForUpdate({ spec }, old, { enabled }) {
    if (!enabled(gate)) dropElection(spec ?? {}, old.spec ?? {})
  },
  validate({ spec }, errors) {
    validateSpec(spec ?? {}, errors)
  },
  validateUpdate({ spec }, _old, errors) {
    validateSpec(spec ?? {}, errors)
  },
}

const gate = 'CoordinatedLeaderElection'

function dropElection(spec: LeaseSpec, old: LeaseSpec): void {
  if (old.strategy === undefined) delete spec.strategy
  if (old.preferredHolder === undefined) delete spec.preferredHolder
}

/** Source: ValidateLeaseSpec. */
function validateSpec(spec: LeaseSpec, errors: FieldErrors): void {
  const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder } = spec
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0)
    errors.invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0')
  if (leaseTransitions !== undefined && leaseTransitions < 0)
    errors.invalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0')
  if (strategy !== undefined) validateElectionStrategy(strategy, 'spec.strategy', errors)
  if (preferredHolder && !strategy)
    errors.forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined')
}
