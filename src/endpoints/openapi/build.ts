import { type Descriptions, definitionName, definitionSchema, type Json, type OpenApiVersion } from './definitions.js'
import { pathItem } from './emit.js'
import type { Section } from './groups.js'

export interface BuildOptions {
  readonly title: string
  /** `v1.36.3`. */
  readonly release: string
  readonly descriptions: Descriptions | undefined
  /** Longest time to work before other events get their turn, in milliseconds. Default 5. */
  readonly sliceMs?: number
}

/** A document in pieces, each small enough to be written out at once. Names are in alphabetical order. */
export interface BuiltDocument {
  readonly version: OpenApiVersion
  readonly info: { readonly title: string; readonly version: string }
  readonly paths: ReadonlyMap<string, Json>
  readonly definitions: ReadonlyMap<string, Json>
  /** Version 2 only. */
  readonly parameters: ReadonlyMap<string, Json>
}

/** Builds the document of some sections: all of them for version 2, one for version 3. Yields to the event loop. */
export async function buildDocument(
  sections: readonly Section[],
  version: OpenApiVersion,
  options: BuildOptions,
): Promise<BuiltDocument> {
  const turn = turnTaker(options.sliceMs ?? 5)
  const { descriptions } = options
  const paths = new Map<string, Json>()
  const definitions = new Map<string, Json>()
  const parameters = new Map<string, Json>()
  const wanted: string[] = []
  const seen = new Set<string>()
  const used = (ref: string): void => {
    if (seen.has(ref)) return
    seen.add(ref)
    wanted.push(ref)
  }
  const shared = (name: string, make: () => Json): void => {
    if (version === 2 && !parameters.has(name)) parameters.set(name, make())
  }
  for (const section of sections) {
    for (const slice of section.slices()) {
      for (const path of slice) paths.set(path.path, pathItem(path, { version, descriptions, used, shared }))
      await turn()
    }
  }
  const only = version === 3 ? sections[0]?.only : undefined
  for (let ref = wanted.pop(); ref !== undefined; ref = wanted.pop()) {
    const schema = definitionSchema(ref, { version, descriptions, used, ...(only !== undefined && { only }) })
    definitions.set(definitionName(ref), schema)
    await turn()
  }
  return {
    version,
    info: { title: options.title, version: options.release },
    paths: sorted(paths),
    definitions: sorted(definitions),
    parameters: sorted(parameters),
  }
}

/** A function to call between small pieces of work: it waits for the event loop when enough time has gone by. */
export function turnTaker(sliceMs: number): () => Promise<void> | void {
  let started = performance.now()
  return () => {
    if (performance.now() - started < sliceMs) return
    return new Promise((resolve) => {
      setImmediate(() => {
        started = performance.now()
        resolve()
      })
    })
  }
}

const sorted = (map: Map<string, Json>): Map<string, Json> => new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)))

/** The bytes of a document as JSON, in pieces. */
export async function documentJson(document: BuiltDocument, sliceMs = 5): Promise<Buffer> {
  const turn = turnTaker(sliceMs)
  const pieces: Buffer[] = []
  const object = async (map: ReadonlyMap<string, Json>): Promise<void> => {
    let separator = ''
    for (const [name, value] of map) {
      pieces.push(Buffer.from(`${separator}${JSON.stringify(name)}:${JSON.stringify(value)}`))
      separator = ','
      await turn()
    }
  }
  const text = (piece: string): void => void pieces.push(Buffer.from(piece))
  if (document.version === 2) {
    text(`{"swagger":"2.0","info":${JSON.stringify(document.info)},"paths":{`)
    await object(document.paths)
    text('},"definitions":{')
    await object(document.definitions)
    text('},"parameters":{')
    await object(document.parameters)
    text(`},"securityDefinitions":${JSON.stringify(securityV2)},"security":[{"BearerToken":[]}]}\n`)
  } else {
    text(`{"openapi":"3.0.0","info":${JSON.stringify(document.info)},"paths":{`)
    await object(document.paths)
    text('},"components":{"schemas":{')
    await object(document.definitions)
    text(`},"securitySchemes":${JSON.stringify(securityV3)}}}\n`)
  }
  return Buffer.concat(pieces)
}

export const securityV2 = {
  BearerToken: { description: 'Bearer Token authentication', type: 'apiKey', name: 'authorization', in: 'header' },
}
export const securityV3 = securityV2
