import { featureGateDependencies, featureGateTable } from './feature-gate-table.js'
import { compareReleases, parseRelease, type Release, releaseText } from './release.js'

export type FeatureStage = 'Alpha' | 'Beta' | 'GA' | 'Deprecated'

/** A gate as it was in one release. */
export interface FeatureGate {
  readonly name: string
  readonly stage: FeatureStage
  readonly default: boolean
  readonly locked: boolean
}

/** Which features are on. */
export interface FeatureGates {
  /** False for names that no gate has. */
  enabled(name: string): boolean
  /** Names and values that differ from the default, in order of name. */
  readonly changed: readonly (readonly [name: string, value: boolean])[]
}

/** Which release is behaved as, and the oldest one that what is stored must stay readable for. */
export interface EffectiveVersions {
  readonly emulated: Release
  readonly minCompatibility: Release
}

/** The gates that there were in a release, by name. */
export function knownFeatureGates(emulated: Release): ReadonlyMap<string, FeatureGate> {
  const known = new Map<string, FeatureGate>()
  for (const line of featureGateTable.trim().split('\n')) {
    const [name, ...specs] = line.split(' ') as [string, ...string[]]
    for (let i = specs.length - 1; i >= 0; i--) {
      const [since, stage, value, locked] = specs[i]!.split(':') as [string, FeatureStage, string, string | undefined]
      if (compareReleases(parseRelease(since), emulated) > 0) continue
      known.set(name, { name, stage, default: value === 'on', locked: locked !== undefined })
      break
    }
  }
  return known
}

/**
 * What is wrong with these gates: unknown names, values that a locked gate cannot have, gates that came later, and features
 * without those that they need. An unknown name hides what comes behind it, as upstream. Source: component-base
 * featuregate/feature_gate.go.
 */
export function featureGateProblems(
  gates: Readonly<Record<string, boolean>>,
  { emulated, minCompatibility }: EffectiveVersions,
): string[] {
  const known = knownFeatureGates(emulated)
  const ever = new Set(
    featureGateTable
      .trim()
      .split('\n')
      .map((line) => line.slice(0, line.indexOf(' '))),
  )
  const problems: string[] = []
  for (const [name, value] of Object.entries(gates)) {
    if (!ever.has(name)) return [...problems, `unrecognized feature gate: ${name}`]
    const gate = known.get(name)
    if (gate === undefined) {
      problems.push(
        `cannot set feature gate ${name} to ${value}, feature is PreAlpha at emulated version ${releaseText(emulated)}, min compatibility version ${releaseText(minCompatibility)}`,
      )
    } else if (gate.locked && gate.default !== value) {
      problems.push(`cannot set feature gate ${name} to ${value}, feature is locked to ${gate.default}`)
    }
  }
  return problems.length > 0 ? problems : [...missingDependencies(featureGates(gates, emulated))]
}

function* missingDependencies({ enabled }: FeatureGates): Iterable<string> {
  for (const line of featureGateDependencies.trim().split('\n')) {
    const [name, ...needed] = line.split(' ') as [string, ...string[]]
    const missing = enabled(name) ? needed.filter((other) => !enabled(other)) : []
    if (missing.length > 0)
      yield `${name} is enabled, but depends on features that are disabled: [${missing.join(' ')}]`
  }
}

/**
 * Gates as given, over what AllAlpha and AllBeta say, over the defaults of a release. The gates must be without problems, but
 * for features that they need.
 */
export function featureGates(gates: Readonly<Record<string, boolean>>, emulated: Release): FeatureGates {
  const given = new Map(Object.entries(gates))
  const changed = new Map<string, boolean>()
  const known = knownFeatureGates(emulated)
  for (const { name, stage, locked, default: value } of known.values()) {
    const all = stage === 'Alpha' ? given.get('AllAlpha') : stage === 'Beta' ? given.get('AllBeta') : undefined
    const now = given.get(name) ?? (all !== undefined && !locked ? all : value)
    if (now !== value) changed.set(name, now)
  }
  return {
    enabled: (name) => changed.get(name) ?? known.get(name)?.default ?? false,
    changed: [...changed],
  }
}

/** The gates that a user may want to set, as help lists them: those that are neither GA nor deprecated, by name. */
export function featureGateUsages(emulated: Release): readonly string[] {
  return [...knownFeatureGates(emulated).values()]
    .filter(({ stage }) => stage === 'Alpha' || stage === 'Beta')
    .map(({ name, stage, default: value }) => `kube:${name}=true|false (${stage.toUpperCase()} - default=${value})`)
    .sort()
}
