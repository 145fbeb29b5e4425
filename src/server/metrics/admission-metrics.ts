import type {
  AdmissionObserver,
  Observe,
  Operation,
  PolicyErrorType,
  PolicyObserver,
  Step,
  WebhookObserver,
  WebhookStep,
} from '../../admission/index.js'
import { PodSecurityMetrics } from './pod-security-metrics.js'
import { Histogram, type Metric, Numbers } from './series.js'

/** Source of names, labels and bounds: apiserver pkg/admission/metrics. */
const policyBounds = [0.0000005, 0.001, 0.01, 0.1, 1]
const bounds = [0.005, 0.025, 0.1, 0.5, 1, 2.5]

/** How long admission takes, each plugin by itself and each of the two steps altogether. */
export class AdmissionMetrics implements AdmissionObserver, WebhookObserver, PolicyObserver {
  readonly #plugins = new Histogram(
    'apiserver_admission_controller_admission_duration_seconds',
    'Time that an admission plugin took, in seconds, by name, step, operation and whether it refused.',
    ['name', 'operation', 'rejected', 'type'],
    bounds,
  )
  readonly #steps = new Histogram(
    'apiserver_admission_step_admission_duration_seconds',
    'Time that a step of admission took, in seconds, by step, operation and whether it refused.',
    ['operation', 'rejected', 'type'],
    bounds,
  )

  readonly #webhooks = new Histogram(
    'apiserver_admission_webhook_admission_duration_seconds',
    'Time that an admission webhook took, in seconds, by name, step, operation and whether it refused.',
    ['name', 'operation', 'rejected', 'type'],
    [...bounds, 10, 25],
  )
  readonly #webhookCalls = new Numbers(
    'apiserver_admission_webhook_request_total',
    'Calls of admission webhooks by name, step, operation, HTTP status (600 for all above) and whether they refused.',
    'counter',
    ['code', 'name', 'operation', 'rejected', 'type'],
  )
  readonly #webhookRejections = new Numbers(
    'apiserver_admission_webhook_rejection_count',
    'Refusals by admission webhooks, by name, step, operation, kind of error and HTTP status (600 for all above).',
    'counter',
    ['error_type', 'name', 'operation', 'rejection_code', 'type'],
  )
  readonly #webhookFailedOpen = new Numbers(
    'apiserver_admission_webhook_fail_open_count',
    'Failures of admission webhooks that were ignored, by name and step.',
    'counter',
    ['name', 'type'],
  )
  readonly #conditionErrors = new Numbers(
    'apiserver_admission_match_condition_evaluation_errors_total',
    'Match conditions that could not be evaluated, by what they belong to, step and operation.',
    'counter',
    ['kind', 'name', 'operation', 'type'],
  )
  readonly #conditionExclusions = new Numbers(
    'apiserver_admission_match_condition_exclusions_total',
    'Requests that match conditions left out, by what they belong to, step and operation.',
    'counter',
    ['kind', 'name', 'operation', 'type'],
  )
  readonly #conditions = new Histogram(
    'apiserver_admission_match_condition_evaluation_seconds',
    'Time that match conditions took, in seconds, by what they belong to, step and operation.',
    ['kind', 'name', 'operation', 'type'],
    [0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25],
  )

  readonly #validations = new Numbers(
    'apiserver_validating_admission_policy_check_total',
    'Checks by validating policies, by policy, binding, kind of error and what came of it.',
    'counter',
    ['enforcement_action', 'error_type', 'policy', 'policy_binding'],
  )
  readonly #validationSeconds = new Histogram(
    'apiserver_validating_admission_policy_check_duration_seconds',
    'Time that an expression of a validating policy took, in seconds, by policy, binding, kind of error and what came of it.',
    ['enforcement_action', 'error_type', 'policy', 'policy_binding'],
    policyBounds,
  )
  readonly #mutations = new Numbers(
    'apiserver_mutating_admission_policy_check_total',
    'Checks by mutating policies, by policy, binding and kind of error.',
    'counter',
    ['error_type', 'policy', 'policy_binding'],
  )
  readonly #mutationSeconds = new Histogram(
    'apiserver_mutating_admission_policy_check_duration_seconds',
    'Time that an expression of a mutating policy took, in seconds, by policy, binding and kind of error.',
    ['error_type', 'policy', 'policy_binding'],
    policyBounds,
  )

  readonly podSecurity = new PodSecurityMetrics()

  get all(): readonly Metric[] {
    return [
      this.#plugins,
      this.#steps,
      this.#webhooks,
      this.#webhookCalls,
      this.#webhookRejections,
      this.#webhookFailedOpen,
      this.#conditionErrors,
      this.#conditionExclusions,
      this.#conditions,
      this.#validations,
      this.#validationSeconds,
      this.#mutations,
      this.#mutationSeconds,
      ...this.podSecurity.all,
    ]
  }

  validated(policy: string, binding: string, error: PolicyErrorType, action: string, seconds: number): void {
    this.#validations.add([action, error, policy, binding])
    this.#validationSeconds.observe([action, error, policy, binding], seconds)
  }

  mutated(policy: string, binding: string, error: PolicyErrorType, seconds: number): void {
    this.#mutations.add([error, policy, binding])
    this.#mutationSeconds.observe([error, policy, binding], seconds)
  }

  called(
    name: string,
    step: WebhookStep,
    operation: Operation,
    seconds: number,
    rejected: boolean,
    code: number,
  ): void {
    this.#webhookCalls.add([bounded(code), name, operation, String(rejected), step])
    this.#webhooks.observe([name, operation, String(rejected), step], seconds)
  }

  rejected(name: string, step: WebhookStep, operation: Operation, why: string, code: number): void {
    this.#webhookRejections.add([why, name, operation, bounded(code), step])
  }

  failedOpen(name: string, step: WebhookStep): void {
    this.#webhookFailedOpen.add([name, step])
  }

  conditionsExcluded(name: string, kind: string, type: string, operation: Operation): void {
    this.#conditionExclusions.add([kind, name, operation, type])
  }

  conditionFailed(name: string, kind: string, type: string, operation: Operation): void {
    this.#conditionErrors.add([kind, name, operation, type])
  }

  conditionsEvaluated(name: string, kind: string, type: string, operation: Operation, seconds: number): void {
    this.#conditions.observe([kind, name, operation, type], seconds)
  }

  plugin(name: string, step: Step, operation: Operation): Observe {
    return either((rejected) => this.#plugins.observerOf([name, operation, rejected, step]))
  }

  step(step: Step, operation: Operation): Observe {
    return either((rejected) => this.#steps.observerOf([operation, rejected, step]))
  }
}

/** Codes are a peer's to choose: what is no HTTP status is one. */
const bounded = (code: number): string => String(Math.min(code, 600))

function either(observer: (rejected: string) => (seconds: number) => void): Observe {
  const passed = observer('false')
  const refused = observer('true')
  return (seconds, rejected) => (rejected ? refused : passed)(seconds)
}
