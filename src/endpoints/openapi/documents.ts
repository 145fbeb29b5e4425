import { createHash } from 'node:crypto'
import type { RemoteOpenApi, Swagger } from '../../aggregator/index.js'
import type { APIGroupInfo } from '../../registry/index.js'
import type { BuildOptions } from './build.js'
import type { OpenApiVersion } from './definitions.js'
import type { Descriptions } from './descriptions.js'
import type { Section } from './groups.js'
import { turnTaker } from './turn.js'

export interface OpenApiOptions {
  /** What `info.version` says: `1.36`. */
  readonly release: string
  /** Asked once, when the first document is made. Default: no descriptions. */
  readonly descriptions?: () => Promise<Descriptions | undefined>
  /** Longest time to work before other events get their turn, in milliseconds. Default 4. */
  readonly sliceMs?: number
  /** CBOR is among the media types of built-in resources. Default false. */
  readonly cbor?: boolean
}

/** A finished document. The binary form is made of the same contents when it is first asked for. */
export interface OpenApiDocument {
  readonly json: Buffer
  /** Upper-case hexadecimal SHA-512 of the JSON: the ETag of both forms and the `hash` of its URL. */
  readonly hash: string
  readonly modified: Date
  binary(): Promise<Buffer>
}

/** The documents of one set of groups. */
interface Generation {
  readonly groups: readonly APIGroupInfo[]
  /** What other servers have, the best ranked first. */
  readonly foreign: readonly RemoteOpenApi[]
  readonly v3: Map<string, Promise<OpenApiDocument>>
  sections: readonly Section[] | undefined
  v2: Promise<OpenApiDocument> | undefined
  index: Promise<Buffer> | undefined
  indexed: Date | undefined
}

/**
 * The OpenAPI documents of a server. Nothing is made before it is asked for; what was made is kept until the groups change.
 * A request that began before a change gets the documents of its beginning.
 */
export class OpenApiDocuments {
  readonly #options: OpenApiOptions
  readonly #turn: () => Promise<void> | undefined
  #descriptions: Promise<Descriptions | undefined> | undefined
  #generation = generationOf([], [])

  constructor(options: OpenApiOptions) {
    this.#options = options
    this.#turn = turnTaker(options.sliceMs ?? 4)
  }

  /** Replaces all groups. */
  setGroups(groups: readonly APIGroupInfo[]): void {
    this.#replace(groups, this.#generation.foreign)
  }

  /** Replaces the documents of other servers, the best ranked first. */
  setForeign(foreign: readonly RemoteOpenApi[]): void {
    this.#replace(this.#generation.groups, foreign)
  }

  /** Whether there is a document of version 3 of that name which tells of this server's own resources. */
  isOwn(name: string): boolean {
    const [prefix, group, version] = name.split('/')
    if (prefix !== 'apis' || group === undefined) return true
    return this.#generation.groups.some(
      (each) => each.group === group && (version === undefined || each.versions.includes(version)),
    )
  }

  #replace(groups: readonly APIGroupInfo[], foreign: readonly RemoteOpenApi[]): void {
    const before = this.#generation
    this.#generation = generationOf(groups, foreign)
    for (const [name, document] of before.v3)
      if (sameResources(name, before.groups, groups)) this.#generation.v3.set(name, document)
  }

  /** `/openapi/v2`. */
  v2(): Promise<OpenApiDocument> {
    const generation = this.#generation
    if (generation.v2 === undefined) {
      const foreign = generation.foreign.flatMap(({ v2 }) => v2 ?? [])
      generation.v2 = sectionsIn(generation, this.#options.cbor).then((sections) => this.#make(sections, 2, foreign))
      onFailure(generation.v2, () => {
        generation.v2 = undefined
      })
    }
    return generation.v2
  }

  /** `/openapi/v3/<name>`; undefined if there is no such document. */
  v3(name: string): Promise<OpenApiDocument | undefined> {
    return this.#v3(this.#generation, name)
  }

  /** When the index of today's groups was first asked for. */
  get indexed(): Date {
    this.#generation.indexed ??= new Date()
    return this.#generation.indexed
  }

  /** `/openapi/v3`: the names of all documents with their URLs. Makes all documents, since a URL holds the hash of its contents. */
  index(): Promise<Buffer> {
    const generation = this.#generation
    if (generation.index === undefined) {
      generation.index = this.#makeIndex(generation)
      onFailure(generation.index, () => {
        generation.index = undefined
      })
    }
    return generation.index
  }

  async #v3(generation: Generation, name: string): Promise<OpenApiDocument | undefined> {
    const converted = convertedIn(generation).get(name)
    if (converted !== undefined) return this.#converted(converted)
    const section = (await sectionsIn(generation, this.#options.cbor)).find((candidate) => candidate.name === name)
    if (section === undefined) return undefined
    let document = generation.v3.get(name)
    if (document === undefined) {
      document = this.#make([section], 3, [], section.info)
      generation.v3.set(name, document)
      onFailure(document, () => generation.v3.delete(name))
    }
    return document
  }

  async #makeIndex(generation: Generation): Promise<Buffer> {
    const urls = new Map<string, string>()
    // A server's word on its own group version stands before what this one has of it, and the best ranked one's before others'.
    for (const { service, v3 } of generation.foreign.toReversed())
      for (const [name, url] of v3) if (name === nameIn(service) || !this.isOwn(name)) urls.set(name, url)
    const local = (await sectionsIn(generation, this.#options.cbor)).map(({ name }) => name)
    for (const name of [...local, ...convertedIn(generation).keys()]) {
      if (urls.has(name)) continue
      urls.set(name, hashedUrl(name, (await this.#v3(generation, name))!.hash))
    }
    const paths = Array.from(urls, ([name, serverRelativeURL]) => [name, { serverRelativeURL }] as const)
    paths.sort(([a], [b]) => (a < b ? -1 : 1))
    return Buffer.from(JSON.stringify({ paths: Object.fromEntries(paths) }))
  }

  readonly #conversions = new WeakMap<Swagger, Promise<OpenApiDocument>>()
  #converted(document: Swagger): Promise<OpenApiDocument> {
    let made = this.#conversions.get(document)
    if (made === undefined) {
      made = this.#make([], 3, [document])
      this.#conversions.set(document, made)
      onFailure(made, () => this.#conversions.delete(document))
    }
    return made
  }

  async #make(
    sections: readonly Section[],
    version: OpenApiVersion,
    foreign: readonly Swagger[] = [],
    info: BuildOptions['info'] = { title: 'Kubernetes', version: this.#options.release },
  ): Promise<OpenApiDocument> {
    const { documentBinary, documentJson } = await import('./builder.js')
    if (this.#descriptions === undefined) {
      this.#descriptions = this.#options.descriptions?.() ?? Promise.resolve(undefined)
      onFailure(this.#descriptions, () => {
        this.#descriptions = undefined
      })
    }
    const options: BuildOptions = {
      info,
      descriptions: await this.#descriptions,
      turn: this.#turn,
      foreign,
    }
    const json = await documentJson(sections, version, options)
    const hash = await digest(json, this.#turn)
    let binary: Promise<Buffer> | undefined
    return {
      json,
      hash,
      modified: new Date(),
      // Made once more rather than from something kept: the parsed form of a document is many times the size of its text.
      binary: () => {
        binary ??= documentBinary(sections, version, options)
        return binary
      },
    }
  }
}

/** Whether a document of version 3 would have the same contents: a resource that changes is another value. */
function sameResources(name: string, before: readonly APIGroupInfo[], after: readonly APIGroupInfo[]): boolean {
  const [, group, version] = /^apis\/([^/]+)\/([^/]+)$/.exec(name) ?? []
  if (group === undefined) return true
  const of = (groups: readonly APIGroupInfo[]) =>
    (groups.find((candidate) => candidate.group === group)?.resources ?? []).filter((resource) =>
      resource.versions.some((served) => served.version === version),
    )
  const [left, right] = [of(before), of(after)]
  return left.length === right.length && left.every((resource, i) => resource === right[i])
}

/** What failed is not kept: the next request tries again. */
const onFailure = (promise: Promise<unknown>, forget: () => void): void => void promise.catch(forget)

async function sectionsIn(generation: Generation, cbor: boolean | undefined): Promise<readonly Section[]> {
  if (generation.sections === undefined) {
    const { sectionsOf } = await import('./builder.js')
    generation.sections ??= sectionsOf(generation.groups, cbor)
  }
  return generation.sections
}

/** The URL of a document of version 3 that may be cached for ever. */
export const hashedUrl = (name: string, hash: string): string => `/openapi/v3/${name}?hash=${hash}`

/** Documents of version 3 that were made here of those of version 2. */
const convertedIn = ({ foreign }: Generation): ReadonlyMap<string, Swagger> =>
  new Map(
    foreign.flatMap(({ service, converted }) =>
      converted === undefined ? [] : [[nameIn(service), converted] as const],
    ),
  )

const nameIn = ({ spec: { group = '', version = '' } }: RemoteOpenApi['service']): string => `apis/${group}/${version}`

const generationOf = (groups: readonly APIGroupInfo[], foreign: readonly RemoteOpenApi[]): Generation => ({
  groups,
  foreign,
  sections: undefined,
  v3: new Map(),
  v2: undefined,
  index: undefined,
  indexed: undefined,
})

async function digest(bytes: Buffer, turn: BuildOptions['turn']): Promise<string> {
  const hash = createHash('sha512')
  const step = 256 * 1024
  for (let at = 0; at < bytes.length; at += step) {
    hash.update(bytes.subarray(at, at + step))
    const wait = turn()
    if (wait !== undefined) await wait
  }
  return hash.digest('hex').toUpperCase()
}
