import { ipWarnings, type KubeObject } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { defaultPod } from './pod/defaults.js'
import { preparePodForCreate, preparePodForUpdate, preparePodStatus } from './pod/prepare.js'
import { podOptions } from './pod/ratcheting.js'
import { ephemeralContainersUpdate, resizeUpdate } from './pod/subresource-updates.js'
import { validatePodCreate, validatePodUpdate } from './pod/validate-pod.js'
import { validatePodStatusUpdate } from './pod/validate-status.js'
import { podWarnings } from './pod/warnings.js'

const nodeName = ({ spec }: KubeObject): string => spec?.nodeName ?? ''

/** Source: pkg/registry/core/pod/strategy.go. */
export const pods: ResourceRules = {
  returnDeletedObject: true,
  // Of the status of a new pod the class of service counts, oddly; preparing takes care of the rest.
  keepStatusOnCreate: true,
  defaults: { v1: defaultPod },
  prepareForCreate: preparePodForCreate,
  prepareForUpdate: preparePodForUpdate,
  prepareForStatusUpdate: preparePodStatus,
  validate(pod, errors, context) {
    validatePodCreate(pod, errors, podOptions(undefined, context))
  },
  validateUpdate(pod, old, errors, context) {
    validatePodUpdate(pod, old, errors, podOptions(old, context))
  },
  validateStatusUpdate(pod, old, errors, context) {
    const refuseNominationOfBound = context.enabled('ClearingNominatedNodeNameAfterBinding')
    validatePodStatusUpdate(pod, old, errors, podOptions(old, context), refuseNominationOfBound)
  },
  warnings(pod, old, context) {
    if (old === undefined) return podWarnings(pod)
    return context.subresource === 'status' ? statusWarnings(pod) : []
  },
  gracePeriod({ spec, status }, { gracePeriodSeconds }) {
    const ended = status?.phase === 'Failed' || status?.phase === 'Succeeded'
    if (!spec?.nodeName || ended) return 0
    const seconds = Number(gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 0)
    return seconds < 0 ? 1 : seconds
  },
  subresources: { ephemeralcontainers: ephemeralContainersUpdate, resize: resizeUpdate },
  fields: {
    'spec.nodeName': nodeName,
    // Upstream's old name.
    'spec.host': nodeName,
    'spec.restartPolicy': ({ spec }) => spec?.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec?.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec?.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec?.hostNetwork ?? false),
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.podIP': ({ status }) => status?.podIPs?.[0]?.ip ?? '',
    // May be asked for, but has no value.
    'status.podIPs': () => '',
    'status.nominatedNodeName': ({ status }) => status?.nominatedNodeName ?? '',
  },
  resetFields: {
    status: ['spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'],
  },
}

function statusWarnings({ status }: KubeObject): string[] {
  const warnings: string[] = []
  for (const field of ['podIPs', 'hostIPs']) {
    const entries: readonly { ip?: string }[] = status?.[field] ?? []
    entries.forEach(({ ip = '' }, i) => {
      warnings.push(...ipWarnings(`status.${field}[${i}].ip`, ip))
    })
  }
  return warnings
}
