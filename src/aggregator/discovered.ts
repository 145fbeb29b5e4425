/** A resource as aggregated discovery tells of it (apidiscovery.k8s.io/v2 APIResourceDiscovery), fields in Go's order. */
export interface DiscoveredResource {
  readonly resource: string
  readonly responseKind?: DiscoveredKind
  readonly scope: string
  readonly singularResource: string
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly subresources?: readonly DiscoveredSubresource[]
}

export interface DiscoveredSubresource {
  readonly subresource: string
  readonly responseKind?: DiscoveredKind
  readonly acceptedTypes?: readonly DiscoveredKind[]
  readonly verbs: readonly string[]
}

export interface DiscoveredKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

type Json = Readonly<Record<string, unknown>>

/**
 * Resources by `group/version` out of an APIGroupDiscoveryList that another server sent. Only what is of the right type is taken.
 *
 * @throws Error if it is no such list
 */
export function readAggregated(body: Buffer): ReadonlyMap<string, readonly DiscoveredResource[]> {
  const { kind, items } = parsed(body)
  if (kind !== 'APIGroupDiscoveryList') throw new Error(`the server answered with ${JSON.stringify(kind)}`)
  const versions = new Map<string, readonly DiscoveredResource[]>()
  for (const { metadata, versions: list } of objects(items)) {
    const group = text(object(metadata).name)
    for (const { version, resources } of objects(list))
      versions.set(`${group}/${text(version)}`, objects(resources).map(resourceOf))
  }
  return versions
}

/**
 * The same out of an APIResourceList. Source: apiserver pkg/endpoints, ConvertGroupVersionIntoToDiscovery.
 *
 * @throws Error if it is no such list
 */
export function readResourceList(body: Buffer): readonly DiscoveredResource[] {
  const { kind, resources } = parsed(body)
  if (kind !== 'APIResourceList') throw new Error(`the server answered with ${JSON.stringify(kind)}`)
  const found = new Map<string, DiscoveredResource & { subresources?: DiscoveredSubresource[] }>()
  const list = objects(resources)
  for (const each of list) {
    const name = text(each.name)
    if (name === '' || name.includes('/')) continue
    found.set(name, {
      resource: name,
      responseKind: kindOf(each),
      scope: each.namespaced === true ? 'Namespaced' : 'Cluster',
      singularResource: text(each.singularName),
      verbs: texts(each.verbs),
      ...optional('shortNames', texts(each.shortNames)),
      ...optional('categories', texts(each.categories)),
    })
  }
  for (const each of list) {
    const [name = '', subresource] = text(each.name).split('/', 2)
    if (subresource === undefined) continue
    let parent = found.get(name)
    if (parent === undefined) {
      // Told of by its subresources alone.
      const scope = each.namespaced === true ? 'Namespaced' : 'Cluster'
      parent = { resource: name, responseKind: nothing, scope, singularResource: '', verbs: [] }
      found.set(name, parent)
    }
    parent.subresources ??= []
    parent.subresources.push({ subresource, responseKind: kindOf(each), verbs: texts(each.verbs) })
  }
  return [...found.values()]
}

const nothing: DiscoveredKind = { group: '', version: '', kind: '' }

function resourceOf(each: Json): DiscoveredResource {
  const subresources = objects(each.subresources).map(
    (sub): DiscoveredSubresource => ({
      subresource: text(sub.subresource),
      responseKind: kindOf(object(sub.responseKind)),
      ...optional('acceptedTypes', objects(sub.acceptedTypes).map(kindOf)),
      verbs: texts(sub.verbs),
    }),
  )
  return {
    resource: text(each.resource),
    // Absent ones make some clients fall over.
    responseKind: kindOf(object(each.responseKind)),
    scope: text(each.scope),
    singularResource: text(each.singularResource),
    verbs: texts(each.verbs),
    ...optional('shortNames', texts(each.shortNames)),
    ...optional('categories', texts(each.categories)),
    ...optional('subresources', subresources),
  }
}

function parsed(body: Buffer): Json {
  return object(JSON.parse(body.toString('utf8')))
}

const kindOf = (value: Json): DiscoveredKind => ({
  group: text(value.group),
  version: text(value.version),
  kind: text(value.kind),
})

const optional = (name: string, list: readonly unknown[]): Json => (list.length === 0 ? {} : { [name]: list })
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
const objects = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : []
