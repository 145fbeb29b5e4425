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
 */
export function enabledApis(
  runtimeConfig: Readonly<Record<string, string>>,
  known: readonly KnownVersion[],
): EnabledApis {
  const config = new Map(Object.entries(runtimeConfig).flatMap(([key, value]) => normalized(key, value)))
  if (config.size === 1 && config.get('api/all') === 'false') {
    return { problems: ['invalid runtime-config with only api/all=false'], enabled: () => false }
  }
  const problems: string[] = []
  const groups = new Set(known.map(({ group }) => group))
  const versions = new Map(known.map(({ group, version, on }) => [`${group}/${version}`, on]))
  const resources = new Map<string, boolean>()
  const unknown: string[] = []

  for (const [key, pattern] of stages) {
    const value = config.get(key)
    if (value === undefined) continue
    if (value !== 'true' && value !== 'false') problems.push(`invalid value ${key}=${value}`)
    for (const { group, version } of known) {
      if (pattern.test(version)) versions.set(`${group}/${version}`, value === 'true')
    }
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
    if (!versions.has(groupVersion)) {
      problems.push(`group version ${group === '' ? version : groupVersion} that has not been registered`)
    } else if (value === undefined) {
      problems.push(
        `invalid value of ${key}: ${text}, err: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`,
      )
    } else if (resource === undefined) versions.set(groupVersion, value)
    else if (resource !== resource.toLowerCase()) {
      problems.push(
        `invalid key ${key}: group/version/resource and resource is always lowercase plural, not ${JSON.stringify(resource)}`,
      )
    } else resources.set(`${groupVersion}/${resource}`, value)
  }
  if (unknown.length > 0) problems.push(`unknown api groups ${[...new Set(unknown)].sort().join(',')}`)
  return {
    problems,
    enabled: (group, version, resource) =>
      resources.get(`${group}/${version}/${resource}`) ?? versions.get(`${group}/${version}`) ?? false,
  }
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
