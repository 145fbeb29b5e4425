/** A version of a group that the server knows. */
export interface KnownVersion {
  readonly group: string
  readonly version: string
  /** Whether it is served if nothing is said about it. */
  readonly on: boolean
}

export interface EnabledApis {
  /** What is wrong with the runtime config; `enabled` then tells of what could be understood. */
  readonly problems: readonly string[]
  /** @param resource plural; for a subresource its parent */
  enabled(group: string, version: string, resource: string): boolean
  /** Whether the runtime config asks for just this version, or just this resource of it. */
  explicit(group: string, version: string, resource?: string): boolean
}

/** From the weakest to the strongest. Source: apiserver pkg/server/resourceconfig/helpers.go. */
const stages: readonly (readonly [key: string, pattern: RegExp])[] = [
  ['api/all', /^/],
  ['api/ga', /^v\d+$/],
  ['api/beta', /^v\d+beta\d+$/],
  ['api/alpha', /^v\d+alpha\d+$/],
]

/**
 * Which APIs are served: a resource's own word goes over its version's, that over api/alpha, api/beta and api/ga, those
 * over api/all, and all over the default. The core group is `v1`, `api/v1` or `/v1`; `v1/pods` is one of its resources.
 *
 * @param forwardCompatible whether what is on brings newer versions of the same with it, but for alpha ones. Source: apiserver
 *   pkg/server/resourceconfig/helpers.go
 */
export function enabledApis(
  runtimeConfig: Readonly<Record<string, string>>,
  known: readonly KnownVersion[],
  forwardCompatible = false,
): EnabledApis {
  const config = new Map(Object.entries(runtimeConfig).flatMap(([key, value]) => normalized(key, value)))
  if (config.size === 1 && config.get('api/all') === 'false') {
    return { problems: ['invalid runtime-config with only api/all=false'], enabled: () => false, explicit: () => false }
  }
  const problems: string[] = []
  const groups = new Set(known.map(({ group }) => group))
  const registered = new Set(known.map(({ group, version }) => `${group}/${version}`))
  const explicit = new Map<string, boolean>()
  const unknown: string[] = []

  for (const [key] of stages) {
    const value = config.get(key)
    if (value !== undefined && value !== 'true' && value !== 'false') problems.push(`invalid value ${key}=${value}`)
  }
  for (const [key, text] of config) {
    if (stages.some(([stage]) => stage === key)) continue
    const [group = '', version, resource, more] = key.split('/')
    if (version === undefined || more !== undefined) {
      problems.push(`runtime-config invalid key ${key}`)
      continue
    }
    const groupVersion = `${group}/${version}`
    if (!groups.has(group)) {
      unknown.push(group === '' ? version : groupVersion)
      continue
    }
    const value = booleanValue(text)
    if (!registered.has(groupVersion)) {
      problems.push(`group version ${group === '' ? version : groupVersion} that has not been registered`)
    } else if (value === undefined) {
      problems.push(
        `invalid value of ${key}: ${text}, err: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`,
      )
    } else if (resource === undefined) explicit.set(groupVersion, value)
    else if (resource !== resource.toLowerCase()) {
      problems.push(
        `invalid key ${key}: group/version/resource and resource is always lowercase plural, not ${JSON.stringify(resource)}`,
      )
    } else explicit.set(`${groupVersion}/${resource}`, value)
  }
  if (unknown.length > 0) problems.push(`unknown api groups ${[...new Set(unknown)].sort().join(',')}`)
  const preferences = new Map<string, boolean>()
  for (const [key, pattern] of stages) {
    const value = config.get(key)
    if (value === undefined) continue
    for (const { group, version } of known)
      if (pattern.test(version)) preferences.set(`${group}/${version}`, value === 'true')
  }
  for (const [name, value] of explicit) preferences.set(name, value)
  const on = new Map(known.map(({ group, version, on }) => [`${group}/${version}`, on]))
  for (const [name, value] of preferences) on.set(name, value)
  if (forwardCompatible) {
    // What the runtime config says goes over what a newer version owes to an older one.
    enableNewer(on, known)
    for (const [name, value] of preferences) on.set(name, value)
  }
  return {
    problems,
    enabled: (group, version, resource) =>
      on.get(`${group}/${version}/${resource}`) ?? on.get(`${group}/${version}`) ?? false,
    explicit: (group, version, resource) =>
      resource === undefined
        ? explicit.get(`${group}/${version}`) === true
        : explicit.get(`${group}/${version}/${resource}`) === true,
  }
}

/** For every version or resource that is on, but for alpha ones, all more preferred versions of it. */
function enableNewer(on: Map<string, boolean>, known: readonly KnownVersion[]): void {
  for (const [name] of [...on].filter(([, value]) => value)) {
    const [group = '', version = '', resource] = name.split('/')
    if (isAlpha(version)) continue
    for (const newer of known) {
      if (newer.group !== group || versionRank(newer.version) <= versionRank(version)) continue
      on.set(resource === undefined ? `${group}/${newer.version}` : `${group}/${newer.version}/${resource}`, true)
    }
  }
}

const isAlpha = (version: string): boolean => version.includes('alpha')

/** v2 over v1 over v1beta2 over v1beta1 over v1alpha1. Source: apimachinery pkg/version/helpers.go. */
function versionRank(version: string): number {
  const [, major = '0', stage, minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? []
  return (stage === undefined ? 2e6 : stage === 'beta' ? 1e6 : 0) + Number(major) * 1e3 + Number(minor)
}

function normalized(key: string, value: string): [string, string][] {
  if (key === 'api/legacy') return []
  const core = /^(?:api\/)?v1(\/.*)?$/.exec(key)
  return [[core === null ? key : `/v1${core[1] ?? ''}`, value]]
}

function booleanValue(text: string): boolean | undefined {
  if (text === '' || /^(1|t|T|true|TRUE|True)$/.test(text)) return true
  return /^(0|f|F|false|FALSE|False)$/.test(text) ? false : undefined
}
