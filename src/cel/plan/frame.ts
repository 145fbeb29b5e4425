import type { Value } from '../values.js'
import { Stopped } from '../work.js'

/** State of one evaluation. */
export class Frame {
  cost = 0

  constructor(
    /** Values of variables, outermost first, by the number that the planner gave them. */
    readonly slots: (Value | undefined)[],
    readonly budget: number,
    readonly signal: AbortSignal | undefined,
  ) {}

  /**
   * Costs are counted where they arise and looked at where they can grow without bound: between the steps of a fold, and
   * after calls that cost more the longer their arguments are.
   *
   * @throws Stopped
   */
  checkBudget(): void {
    if (this.cost > this.budget) throw new Stopped('budget')
  }

  /** Between the steps of a fold. @throws Stopped */
  checkStep(): void {
    if (this.cost > this.budget) throw new Stopped('budget')
    if (this.signal?.aborted === true) throw new Stopped('cancelled')
  }
}

/** Computes an expression. @throws CelError, Stopped */
export type Eval = (frame: Frame) => Value
