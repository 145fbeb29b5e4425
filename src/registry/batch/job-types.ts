import type { LabelSelectorSpec } from '../../api/index.js'
import type { PodTemplateSpec } from '../core/pod/index.js'

/** Jobs as they lie in JSON; anything may be absent. Named as in batch/v1. */
export interface JobSpec {
  parallelism?: number
  completions?: number
  activeDeadlineSeconds?: number | bigint
  podFailurePolicy?: PodFailurePolicy
  successPolicy?: SuccessPolicy
  backoffLimit?: number
  backoffLimitPerIndex?: number
  maxFailedIndexes?: number
  selector?: LabelSelectorSpec
  manualSelector?: boolean
  template?: PodTemplateSpec
  ttlSecondsAfterFinished?: number
  completionMode?: string
  suspend?: boolean
  podReplacementPolicy?: string
  managedBy?: string
}

export interface PodFailurePolicy {
  rules?: PodFailurePolicyRule[]
}

export interface PodFailurePolicyRule {
  action?: string
  onExitCodes?: OnExitCodes
  onPodConditions?: OnPodCondition[]
}

export interface OnExitCodes {
  containerName?: string
  operator?: string
  values?: number[]
}

export interface OnPodCondition {
  type?: string
  status?: string
}

export interface SuccessPolicy {
  rules?: SuccessPolicyRule[]
}

export interface SuccessPolicyRule {
  succeededIndexes?: string
  succeededCount?: number
}

export interface JobStatus {
  conditions?: { type?: string; status?: string }[]
  startTime?: string
  completionTime?: string
  active?: number
  succeeded?: number
  failed?: number
  terminating?: number
  completedIndexes?: string
  failedIndexes?: string
  uncountedTerminatedPods?: { succeeded?: string[]; failed?: string[] }
  ready?: number
}

export const isIndexed = ({ completionMode }: JobSpec): boolean => completionMode === 'Indexed'
