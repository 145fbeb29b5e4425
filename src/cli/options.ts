import type { ServerOptions } from '../server/index.js'
import { componentVersion } from './component-versions.js'
import { parseFeatureGates } from './feature-gates.js'
import type { Draft, Flag, Section } from './flag.js'
import type { ParsedFlags } from './parse.js'

export interface Translation {
  readonly options: ServerOptions
  /** What stands in the way before anything else is looked at: versions or feature gates that make no sense. */
  readonly refused: string | undefined
  /** What stands in the way, one line each. */
  readonly problems: string[]
  /** What is worth a warning, one line each. */
  readonly warnings: readonly string[]
}

/**
 * Turns flags into options. Flags of features that are not built are refused if they ask for anything but the default;
 * flags that have nothing to change here are accepted with a warning.
 */
export function toOptions(table: readonly Section[], { values, given }: ParsedFlags): Translation {
  const draft = emptyDraft()
  const problems: string[] = []
  const warnings: string[] = []
  for (const flag of table.flatMap((section) => section.flags)) {
    const value = values.get(flag.name)
    if (flag.apply !== undefined) flag.apply(draft, value)
    else if (!differs(flag, value)) continue
    else if (flag.notBuilt !== undefined) problems.push(notBuilt(flag, flag.notBuilt))
    else if (flag.noEffect !== undefined && flag.noEffect !== '') {
      warnings.push(`--${flag.name} has no effect: ${flag.noEffect}`)
    }
  }
  let refused: string | undefined
  try {
    const emulated = componentVersion(values.get('emulated-version') as readonly string[])
    if (emulated !== '') draft.generic.emulatedVersion = emulated
    const compatible = componentVersion(values.get('min-compatibility-version') as readonly string[])
    if (compatible !== '') draft.generic.minCompatibilityVersion = compatible
    draft.features.gates = parseFeatureGates(values.get('feature-gates') as ReadonlyMap<string, readonly string[]>)
  } catch (error) {
    refused = (error as Error).message
  }
  // Off with AlwaysAllow, as upstream; but who asks for both in so many words gets both.
  if (!given.has('anonymous-auth')) delete draft.authentication.anonymous
  if (draft.authorization.configFile) {
    // A file says it all: modes that are a default give way, those that were asked for are a contradiction.
    if (!given.has('authorization-mode')) delete draft.authorization.modes
    if (exclusive.some((name) => given.has(name)))
      problems.push(
        '--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined',
      )
  }
  return { options: draft, refused, problems, warnings }
}

const exclusive = [
  'authorization-mode',
  'authorization-webhook-config-file',
  'authorization-webhook-version',
  'authorization-webhook-cache-authorized-ttl',
  'authorization-webhook-cache-unauthorized-ttl',
]

/** All flags and their values by name, in its order, as upstream logs them at -v 1 and tells them at /flagz. */
export function flagTexts(table: readonly Section[], { values }: ParsedFlags): Record<string, string> {
  const flags = table.flatMap((section) => section.flags).sort((a, b) => (a.name < b.name ? -1 : 1))
  return Object.fromEntries(flags.map((flag) => [flag.name, flag.type.format(values.get(flag.name))]))
}

const differs = (flag: Flag, value: unknown): boolean => flag.type.format(value) !== flag.type.format(flag.default)

function notBuilt(flag: Flag, feature: string): string {
  const value = flag.type.format(flag.default)
  return `--${flag.name}: ${feature} is not built yet; leave this flag out${value === '' || value === '[]' ? '' : ` or at its default, ${value}`}`
}

const emptyDraft = (): Draft => ({
  generic: {},
  store: {},
  secureServing: {},
  authentication: {},
  authorization: {},
  admission: {},
  audit: {},
  apiEnablement: {},
  features: {},
  metrics: {},
  logs: {},
  network: {},
  aggregator: {},
  kubelets: {},
  egress: {},
  environment: {},
})
