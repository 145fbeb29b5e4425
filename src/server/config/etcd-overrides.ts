import { catalog } from '../../registry/index.js'

/** Resources that lie in an etcd of their own. */
export interface EtcdOverride {
  /** `/registry/events/` */
  readonly prefix: string
  readonly servers: readonly string[]
}

/** A Service is written, or deleted, in one transaction with what it is given. */
const together: readonly string[] = [
  '/services',
  '/endpoints',
  'networking.k8s.io/ipaddresses',
  'networking.k8s.io/servicecidrs',
]
/** What upstream does not look the flag up for. */
const fixed: ReadonlySet<string> = new Set([
  'apiextensions.k8s.io/customresourcedefinitions',
  'apiregistration.k8s.io/apiservices',
])

/**
 * Reads `group/resource#server;server`.
 *
 * @throws Error for what is of no such form, for resources that are not stored, and for parts of what has to lie together
 */
export function etcdOverrides(texts: readonly string[]): EtcdOverride[] {
  const places = new Map<string, string>()
  const overrides = texts.map((text) => {
    const match = /^([^/#]*)\/([^/#]+)#([^#]+)$/.exec(text)
    const servers = match?.[3]?.split(';') ?? []
    if (match === null || !servers.every((server) => URL.canParse(server)))
      throw new Error(
        '--etcd-servers-overrides invalid, must be of format: group/resource#servers, where servers are URLs, semicolon separated',
      )
    const name = `${match[1]}/${match[2]}`
    const prefix = catalog.find((one) => `${one.group}/${one.resource}` === name)?.storagePrefix
    if (prefix === undefined || fixed.has(name))
      throw new Error(`--etcd-servers-overrides: ${name} cannot have an etcd of its own`)
    places.set(name, placeOf(servers))
    return { prefix, servers }
  })
  if (new Set(together.map((name) => places.get(name))).size > 1)
    throw new Error(`--etcd-servers-overrides: ${together.join(', ')} have to lie in one etcd`)
  return overrides
}

/** The same for the same servers. */
export const placeOf = (servers: readonly string[]): string => [...servers].sort().join(';')
