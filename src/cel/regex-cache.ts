import { RE2JS } from 're2js'
import { CelError } from './values.js'

/** Compiled regular expressions, the most lately used. Patterns come from users: size is bounded too. */
export class RegexCache {
  readonly #compiled = new Map<string, RE2JS>()

  constructor(
    readonly capacity = 256,
    /** Longer patterns are compiled each time they are used. */
    readonly maxLength = 4_096,
  ) {}

  /** @throws CelError with Go's message */
  get(pattern: string): RE2JS {
    const known = this.#compiled.get(pattern)
    if (known !== undefined) {
      this.#compiled.delete(pattern)
      this.#compiled.set(pattern, known)
      return known
    }
    const compiled = compile(pattern)
    if (pattern.length <= this.maxLength) {
      if (this.#compiled.size >= this.capacity) this.#compiled.delete(this.#compiled.keys().next().value!)
      this.#compiled.set(pattern, compiled)
    }
    return compiled
  }
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    throw new CelError((error as Error).message)
  }
}
