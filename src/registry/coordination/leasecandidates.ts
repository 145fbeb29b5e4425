import { type FieldErrors, immutable, isConfigMapKey } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { compareVersions, parseVersion } from './semantic-version.js'
import { oldestEmulationVersion, validateElectionStrategy } from './strategies.js'

interface LeaseCandidateSpec {
  leaseName?: string
  binaryVersion?: string
  emulationVersion?: string
  strategy?: string
}

export const leasecandidates: ResourceRules = {
  name: (name) => isConfigMapKey(name),
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  validate({ spec }, errors) {
    validateSpec(spec ?? {}, errors)
  },
  validateUpdate({ spec }, old, errors) {
    validateSpec(spec ?? {}, errors)
    immutable(errors, 'spec.leaseName', spec?.leaseName ?? '', old.spec?.leaseName ?? '')
  },
}

/** Source: ValidateLeaseCandidateSpec. */
function validateSpec(spec: LeaseCandidateSpec, errors: FieldErrors): void {
  const { leaseName = '', binaryVersion = '', emulationVersion = '', strategy = '' } = spec
  if (leaseName === '') errors.required('spec.leaseName')
  const emulation = parseVersion(emulationVersion)
  const binary = parseVersion(binaryVersion)
  if (emulationVersion !== '' && emulation === undefined)
    errors.invalid('spec.emulationVersion', emulationVersion, 'must be a valid semantic version')
  if (binaryVersion === '') errors.required('spec.binaryVersion')
  else if (binary === undefined) errors.invalid('spec.binaryVersion', binaryVersion, 'must be a valid semantic version')
  // What cannot be read counts as 0.0.0.
  if (binaryVersion !== '' && emulationVersion !== '' && compareVersions(binary, emulation) < 0)
    errors.invalid('spec.binaryVersion', binaryVersion, 'must be greater than or equal to `emulationVersion`')
  if (strategy === '') {
    errors.required('spec.strategy')
    return
  }
  if (strategy === oldestEmulationVersion && compareVersions(emulation, undefined) === 0)
    errors.required('spec.emulationVersion', "must be specified when `strategy` is 'OldestEmulationVersion'")
  validateElectionStrategy(strategy, 'spec.strategy', errors)
}
