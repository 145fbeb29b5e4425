import { equalJson, type FieldErrors, type KubeObject, validateObjectMeta } from '../../api/index.js'
import { internalForm } from '../internal-form.js'
import type { ResourceRules } from '../rules.js'
import { validateConditions } from './conditions.js'
import { mandatoryPriorityLevels } from './mandatory.js'
import { validatePriorityLevelSpec } from './priority-level-spec.js'
import { keepAllMetadata } from './status-metadata.js'

export const prioritylevelconfigurations: ResourceRules = {
  generation: true,
  resetFields: { status: ['metadata', 'spec'] },
  defaults: {
    v1({ spec }) {
      if (spec?.exempt) {
        spec.exempt.nominalConcurrencyShares ??= 0
        spec.exempt.lendablePercent ??= 0
      }
      if (!spec?.limited) return
      spec.limited.nominalConcurrencyShares ??= 30
      spec.limited.lendablePercent ??= 0
      const queuing = spec.limited.limitResponse?.queuing
      if (!queuing) return
      queuing.handSize ||= 8
      queuing.queues ||= 64
      queuing.queueLengthLimit ||= 50
    },
  },
  validate: validatePriorityLevel,
  validateUpdate(level, _, errors) {
    validateObjectMeta(level.metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
    validatePriorityLevel(level, errors)
  },
  prepareForStatusUpdate: keepAllMetadata,
  validateStatusUpdate: ({ status }, _, errors) => validateConditions(status?.conditions, errors),
}

/** An annotation by which v1beta3 told zero shares from none. */
const preservedZero = 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares'

function validatePriorityLevel({ metadata, spec = {}, status }: KubeObject, errors: FieldErrors): void {
  const { name = '', annotations = {} } = metadata
  if (annotations[preservedZero] !== undefined)
    errors.forbidden('metadata.annotations', `annotation '${preservedZero}' is forbidden`)
  validatePriorityLevelSpec(name, spec, errors)
  const fixed = mandatoryPriorityLevels.get(name)
  // What is exempt may be tuned; all else about these levels is fixed.
  const judged = name === 'exempt' ? { ...spec, exempt: fixed?.exempt } : spec
  if (fixed !== undefined && !equalJson(judged, fixed)) {
    const except = name === 'exempt' ? " except the 'spec.exempt' field" : ''
    const detail = `spec of '${name}'${except} must equal the fixed value`
    errors.invalid('spec', internalForm(spec, 'flowcontrol.v1.PriorityLevelConfigurationSpec'), detail)
  }
  validateConditions(status?.conditions, errors)
}
