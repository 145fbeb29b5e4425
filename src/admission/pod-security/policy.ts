import { FieldErrors, key } from '../../api/index.js'

export type Level = 'privileged' | 'baseline' | 'restricted'
/** A minor version of Kubernetes 1, or the newest there is. */
export type PolicyVersion = number | 'latest'

export interface LevelVersion {
  readonly level: Level
  readonly version: PolicyVersion
}

/** What a namespace asks of its pods. Source: pod-security-admission api. */
export interface Policy {
  readonly enforce: LevelVersion
  readonly audit: LevelVersion
  readonly warn: LevelVersion
}

const strictness: Readonly<Record<Level, number>> = { privileged: 0, baseline: 1, restricted: 2 }
const prefix = 'pod-security.kubernetes.io/'
const versionPattern = /^v1\.(0|[1-9][0-9]*)$/

export const levelText = ({ level, version }: LevelVersion): string =>
  `${level}:${version === 'latest' ? version : `v1.${version}`}`

export const sameLevel = (a: LevelVersion, b: LevelVersion): boolean => a.level === b.level && a.version === b.version

/** Equal, or both let everything pass. */
export const equivalentLevels = (a: LevelVersion, b: LevelVersion): boolean =>
  sameLevel(a, b) || (a.level === 'privileged' && b.level === 'privileged')

export const isStricter = (a: Level, b: Level): boolean => strictness[a] > strictness[b]

export const isPrivileged = ({ enforce, audit, warn }: Policy): boolean =>
  enforce.level === 'privileged' && audit.level === 'privileged' && warn.level === 'privileged'

export const isLevel = (text: string): text is Level => Object.hasOwn(strictness, text)

/** Undefined for anything but `latest` and `v1.x`. */
export function parseVersion(text: string): PolicyVersion | undefined {
  if (text === 'latest') return text
  const minor = Number(versionPattern.exec(text)?.[1] ?? Number.NaN)
  return Number.isSafeInteger(minor) ? minor : undefined
}

/**
 * The policy that a namespace's labels ask for, and what is wrong with them. There is always a policy: wrong labels make
 * enforcing strict, and auditing and warning lax.
 */
export function policyOf(
  labels: Readonly<Record<string, string>> | undefined,
  defaults: Policy,
): { readonly policy: Policy; readonly errors: FieldErrors } {
  const errors = new FieldErrors()
  if (labels === undefined) return { policy: defaults, errors }
  const read = (mode: keyof Policy, fallback: Level): LevelVersion => {
    let { level, version } = defaults[mode]
    const levelLabel = labels[prefix + mode]
    if (levelLabel !== undefined) {
      if (!isLevel(levelLabel)) invalid(errors, mode, levelLabel, 'must be one of privileged, baseline, restricted')
      level = isLevel(levelLabel) ? levelLabel : fallback
    }
    const versionLabel = labels[`${prefix}${mode}-version`]
    if (versionLabel !== undefined) {
      const parsed = parseVersion(versionLabel)
      if (parsed === undefined) invalid(errors, `${mode}-version`, versionLabel, 'must be "latest" or "v1.x"')
      version = parsed ?? 'latest'
    }
    return { level, version }
  }
  const enforce = read('enforce', 'restricted')
  const audit = read('audit', 'privileged')
  const warn = read('warn', 'privileged')
  // Who enforces more than is warned of by default, is warned of as much.
  const follows =
    !hasLabel(labels, 'warn') && isLevel(labels[`${prefix}enforce`] ?? '') && isStricter(enforce.level, warn.level)
  if (!follows) return { policy: { enforce, audit, warn }, errors }
  const version = hasLabel(labels, 'warn-version') ? warn.version : enforce.version
  return { policy: { enforce, audit, warn: { level: enforce.level, version } }, errors }
}

/** Whether a namespace says something about a mode (`enforce`, `warn-version` ...). */
export const hasLabel = (labels: Readonly<Record<string, string>>, mode: string): boolean =>
  Object.hasOwn(labels, prefix + mode)

function invalid(errors: FieldErrors, label: string, value: string, why: string): void {
  errors.invalid(key('metadata.labels', prefix + label), value, why)
}
