import type { AdmissionAttributes, LevelVersion, PodSecurityObserver } from '../../admission/index.js'
import { kubernetesVersion } from '../version.js'
import { type Metric, Numbers } from './series.js'

const request = ['request_operation', 'resource', 'subresource']

/** Source: pod-security-admission metrics/metrics.go. */
export class PodSecurityMetrics implements PodSecurityObserver {
  readonly #evaluations = new Numbers(
    'pod_security_evaluations_total',
    'Pods and what makes them, by the policy they were held to and what came of it.',
    'counter',
    ['decision', 'policy_level', 'policy_version', 'mode', ...request],
  )
  readonly #exemptions = new Numbers(
    'pod_security_exemptions_total',
    'Pods and what makes them that were let off.',
    'counter',
    request,
  )
  readonly #errors = new Numbers(
    'pod_security_errors_total',
    'Times that something kept pods from being evaluated as they should.',
    'counter',
    ['fatal', ...request],
  )

  get all(): readonly Metric[] {
    return [this.#evaluations, this.#exemptions, this.#errors]
  }

  evaluated(decision: string, level: LevelVersion, mode: string, attributes: AdmissionAttributes): void {
    this.#evaluations.add([decision, level.level, versionOf(level), mode, ...requestOf(attributes)])
  }

  exempted(attributes: AdmissionAttributes): void {
    this.#exemptions.add(requestOf(attributes))
  }

  failed(fatal: boolean, attributes: AdmissionAttributes): void {
    this.#errors.add([String(fatal), ...requestOf(attributes)])
  }
}

/** What lets everything pass does so in all versions; labels name no version that is not there yet. */
function versionOf({ level, version }: LevelVersion): string {
  if (version === 'latest' || level === 'privileged') return 'latest'
  return version > kubernetesVersion.minor ? 'future' : `v1.${version}`
}

function requestOf({ operation, resource, subresource }: AdmissionAttributes): string[] {
  const ofCore = resource.group === '' && (resource.resource === 'pods' || resource.resource === 'namespaces')
  const kind = ofCore ? resource.resource.slice(0, -1) : 'controller'
  return [operation.toLowerCase(), kind, subresource]
}
