import { featureGateTable } from './feature-gate-table.js'

export type FeatureStage = 'Alpha' | 'Beta' | 'GA' | 'Deprecated'

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

/** The gates of this release by name. */
export function knownFeatureGates(): ReadonlyMap<string, FeatureGate> {
  const lines = featureGateTable.trim().split('\n')
  return new Map(
    lines.map((line) => {
      const [name, stage, value, locked] = line.split(' ') as [string, FeatureStage, string, string | undefined]
      return [name, { name, stage, default: value === 'on', locked: locked !== undefined }]
    }),
  )
}

/**
 * What is wrong with these gates: unknown names and values that a locked gate cannot have. An unknown name hides what
 * comes behind it, as upstream. Source: component-base featuregate/feature_gate.go.
 */
export function featureGateProblems(gates: Readonly<Record<string, boolean>>): string[] {
  const known = knownFeatureGates()
  const problems: string[] = []
  for (const [name, value] of Object.entries(gates)) {
    const gate = known.get(name)
    if (gate === undefined) return [...problems, `unrecognized feature gate: ${name}`]
    if (gate.locked && gate.default !== value) {
      problems.push(`cannot set feature gate ${name} to ${value}, feature is locked to ${gate.default}`)
    }
  }
  return problems
}

/** Gates as given, over what AllAlpha and AllBeta say, over the defaults. The gates must be without problems. */
export function featureGates(gates: Readonly<Record<string, boolean>>): FeatureGates {
  const given = new Map(Object.entries(gates))
  const changed = new Map<string, boolean>()
  const known = knownFeatureGates()
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
