import type { Pod } from './pod.js'
import type { LevelVersion } from './policy.js'

/** Why a pod is not allowed; undefined: it is. */
export type Verdict = { readonly reason: string; readonly detail: string } | undefined

/** One rule, which may have changed over the releases. */
export interface Check {
  readonly id: string
  /** In order. */
  readonly versions: readonly {
    /** The minor version from which on it is so. */
    readonly since: number
    readonly check: (pod: Pod) => Verdict
    /** The check of the baseline that this one takes the place of. */
    readonly instead?: string
  }[]
}

/** All that is wrong with a pod: reasons alone, and with details. */
export interface Violations {
  readonly reasons: string
  readonly details: string
}

/** Judges pods by level and version. Source: pod-security-admission policy/registry.go. */
export class PodChecks {
  readonly #baseline: readonly Check[]
  readonly #restricted: readonly Check[]
  /** The newest version that changed anything; later ones are the same. */
  readonly #newest: number
  readonly #compiled = new Map<string, readonly ((pod: Pod) => Verdict)[]>()

  /**
   * Checks in order of their names, as their findings are told.
   *
   * @param emulated the minor version that "latest" means. Default: the newest
   */
  constructor(baseline: readonly Check[], restricted: readonly Check[], emulated = Number.POSITIVE_INFINITY) {
    this.#baseline = baseline
    this.#restricted = restricted
    const newest = Math.max(...[...baseline, ...restricted].map(({ versions }) => versions.at(-1)?.since ?? 0))
    this.#newest = Math.min(newest, emulated)
  }

  /** Undefined if the pod is allowed. */
  evaluate(pod: Pod, { level, version }: LevelVersion): Violations | undefined {
    if (level === 'privileged') return undefined
    const minor = version === 'latest' ? this.#newest : Math.min(version, this.#newest)
    const found: NonNullable<Verdict>[] = []
    for (const check of this.#checks(level, minor)) {
      const verdict = check(pod)
      if (verdict !== undefined) found.push(verdict)
    }
    if (found.length === 0) return undefined
    return {
      reasons: found.map(({ reason }) => reason).join(', '),
      details: found.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', '),
    }
  }

  #checks(level: 'baseline' | 'restricted', minor: number): readonly ((pod: Pod) => Verdict)[] {
    const name = `${level} ${minor}`
    const known = this.#compiled.get(name)
    if (known !== undefined) return known
    const current = ({ versions }: Check) => versions.findLast(({ since }) => since <= minor)
    const stricter = level === 'restricted' ? this.#restricted.flatMap((check) => current(check) ?? []) : []
    const replaced = new Set(stricter.map(({ instead }) => instead))
    const checks = [
      ...this.#baseline.filter(({ id }) => !replaced.has(id)).flatMap((check) => current(check)?.check ?? []),
      ...stricter.map(({ check }) => check),
    ]
    this.#compiled.set(name, checks)
    return checks
  }
}
