import { defaultPodTemplate, type PodTemplateSpec } from '../core/pod/index.js'
import type { ResourceRules } from '../rules.js'
import { selectorText } from './selectors.js'

export const deployments: ResourceRules = {
  generation: true,
  scale: { selector: selectorText },
  defaults: {
    v1(object) {
      object.spec ??= {}
      const spec: DeploymentSpec = object.spec
      spec.replicas ??= 1
      spec.strategy ??= {}
      const { strategy } = spec
      strategy.type ||= 'RollingUpdate'
      if (strategy.type === 'RollingUpdate') {
        strategy.rollingUpdate ??= {}
        strategy.rollingUpdate.maxUnavailable ??= '25%'
        strategy.rollingUpdate.maxSurge ??= '25%'
      }
      spec.revisionHistoryLimit ??= 10
      spec.progressDeadlineSeconds ??= 600
      spec.template ??= {}
      defaultPodTemplate(spec.template)
    },
  },
}

interface DeploymentSpec {
  replicas?: number
  template?: PodTemplateSpec
  strategy?: DeploymentStrategy
  revisionHistoryLimit?: number
  progressDeadlineSeconds?: number
}

interface DeploymentStrategy {
  type?: string
  rollingUpdate?: { maxUnavailable?: number | string; maxSurge?: number | string }
}
