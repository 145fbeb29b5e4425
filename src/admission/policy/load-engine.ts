import { loadExpressions } from '../../registry/index.js'

export type Engine = typeof import('./engine.js')

/** Evaluates policies and conditions; loaded when there are any. */
export class LazyEngine {
  #loaded: Engine | undefined
  #loading: Promise<Engine> | undefined

  /** Undefined: it has to be awaited. */
  get loaded(): Engine | undefined {
    return this.#loaded
  }

  load(): Promise<Engine> {
    this.#loading ??= Promise.all([import('./engine.js'), loadExpressions()]).then(([engine]) => {
      this.#loaded = engine
      return engine
    })
    return this.#loading
  }
}
