import type { KubeObject } from '../../api/index.js'
import { rfc3339 } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'
import { defaultTaint } from './defaults.js'

const setDefaults = (rule: KubeObject): void => {
  rule.spec ??= {}
  rule.spec.taint ??= {}
  defaultTaint(rule.spec.taint)
}

export const devicetaintrules: ResourceRules = {
  generation: true,
  returnDeletedObject: true,
  resetFields: { status: ['metadata', 'spec'] },
  defaults: { v1beta2: setDefaults, v1alpha3: setDefaults },
  prepareForUpdate({ spec }, old, { now }) {
    const taint = spec?.taint
    const before = old.spec?.taint
    if (taint && taint.effect !== before?.effect && taint.timeAdded === before?.timeAdded)
      taint.timeAdded = rfc3339(now())
  },
  prepareForStatusUpdate({ metadata }, old) {
    keepMetadata(metadata, old.metadata)
  },
}
