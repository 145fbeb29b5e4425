export type Json = Record<string, unknown>

/** Parts of an OpenAPI document that another server made, by name. Names come from outside: no plain objects. */
export interface Swagger {
  readonly paths: ReadonlyMap<string, Json>
  readonly definitions: ReadonlyMap<string, Json>
  readonly parameters: ReadonlyMap<string, Json>
}

/**
 * What a document of version 2 says about the paths below a prefix, with all that they refer to.
 * Source: kube-openapi pkg/aggregator, FilterSpecByPaths.
 *
 * @throws Error if it is no JSON object
 */
export function readSwagger(body: Buffer, prefix: string): Swagger {
  const document: unknown = JSON.parse(body.toString('utf8'))
  if (!isObject(document)) throw new Error('the OpenAPI document is no object')
  const paths = new Map(members(document.paths).filter(([path]) => path.startsWith(prefix)))
  const all = { definitions: new Map(members(document.definitions)), parameters: new Map(members(document.parameters)) }
  const found = { definitions: new Map<string, Json>(), parameters: new Map<string, Json>() }
  const wanted: unknown[] = [...paths.values()]
  for (let next = wanted.pop(); next !== undefined; next = wanted.pop()) {
    eachReference(next, ({ $ref }) => {
      const [, kind, name] = /^#\/(definitions|parameters)\/(.*)$/s.exec($ref) ?? []
      if (name === undefined) return
      const list = kind as 'definitions' | 'parameters'
      const target = all[list].get(unescaped(name))
      if (target === undefined || found[list].has(unescaped(name))) return
      found[list].set(unescaped(name), target)
      wanted.push(target)
    })
  }
  return { paths, ...found }
}

/** Calls `see` with each object below a value that refers to something. Values out of JSON.parse are no deeper than it allows. */
export function eachReference(value: unknown, see: (holder: { $ref: string }) => void): void {
  const stack: unknown[] = [value]
  while (stack.length > 0) {
    const next = stack.pop()
    if (Array.isArray(next)) for (const item of next) stack.push(item)
    else if (isObject(next)) {
      if (typeof next.$ref === 'string') see(next as { $ref: string })
      for (const key of Object.keys(next)) stack.push(next[key])
    }
  }
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Members that are objects themselves. */
export const members = (value: unknown): [string, Json][] =>
  isObject(value) ? Object.entries(value).filter((entry): entry is [string, Json] => isObject(entry[1])) : []

/** JSON pointers escape slashes. */
const unescaped = (name: string): string => name.replaceAll('~1', '/').replaceAll('~0', '~')
