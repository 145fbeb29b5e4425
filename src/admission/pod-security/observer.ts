import type { AdmissionAttributes } from '../admission.js'
import type { LevelVersion } from './policy.js'

/** Counts what becomes of pods. Upstream: pod-security-admission metrics. */
export interface PodSecurityObserver {
  evaluated(
    decision: 'allow' | 'deny',
    level: LevelVersion,
    mode: 'enforce' | 'audit' | 'warn',
    attributes: AdmissionAttributes,
  ): void
  exempted(attributes: AdmissionAttributes): void
  /** @param fatal nothing could be evaluated; otherwise something stricter was */
  failed(fatal: boolean, attributes: AdmissionAttributes): void
}
