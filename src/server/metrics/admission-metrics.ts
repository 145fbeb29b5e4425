import type { AdmissionObserver, Observe, Operation, Step } from '../../admission/index.js'
import { Histogram, type Metric } from './series.js'

/** Source of names, labels and bounds: apiserver pkg/admission/metrics. */
const bounds = [0.005, 0.025, 0.1, 0.5, 1, 2.5]

/** How long admission takes, each plugin by itself and each of the two steps altogether. */
export class AdmissionMetrics implements AdmissionObserver {
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

  get all(): readonly Metric[] {
    return [this.#plugins, this.#steps]
  }

  plugin(name: string, step: Step, operation: Operation): Observe {
    return either((rejected) => this.#plugins.observerOf([name, operation, rejected, step]))
  }

  step(step: Step, operation: Operation): Observe {
    return either((rejected) => this.#steps.observerOf([operation, rejected, step]))
  }
}

function either(observer: (rejected: string) => (seconds: number) => void): Observe {
  const passed = observer('false')
  const refused = observer('true')
  return (seconds, rejected) => (rejected ? refused : passed)(seconds)
}
