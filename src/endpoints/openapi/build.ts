import type { Swagger } from '../../aggregator/index.js'
import { definitionName, definitionSchema, type Json, type OpenApiVersion } from './definitions.js'
import type { Descriptions } from './descriptions.js'
import { pathItem } from './emit.js'
import { foreignParts } from './foreign.js'
import type { Section } from './groups.js'

export interface BuildOptions {
  readonly info: Info
  readonly descriptions: Descriptions | undefined
  /** Called between small pieces of work: what it returns is waited for. See turn.ts. */
  readonly turn: () => Promise<void> | undefined
  /** What other servers have, in the form of the version that is made; added to the sections. Default: nothing. */
  readonly foreign?: readonly Swagger[]
}

export interface Info {
  readonly title: string
  readonly version: string
}

/** Turns the parts of a document into bytes as they are made, so that only bytes are kept of them. */
export interface PartEncoder {
  path(name: string, item: Json): Buffer
  definition(name: string, schema: Json): Buffer
  parameter(name: string, parameter: Json): Buffer
}

/** The parts of a document as an encoder left them, each list in the order of the names. */
export interface Parts {
  readonly paths: readonly Buffer[]
  readonly definitions: readonly Buffer[]
  /** Version 2 only. */
  readonly parameters: readonly Buffer[]
}

/** Makes the parts of the document of some sections: all of them for version 2, one for version 3. Yields to the event loop. */
export async function buildParts(
  sections: readonly Section[],
  version: OpenApiVersion,
  { descriptions, turn, foreign = [] }: BuildOptions,
  encoder: PartEncoder,
): Promise<Parts> {
  const paths = new Map<string, Buffer>()
  const definitions = new Map<string, Buffer>()
  const parameters = new Map<string, Buffer>()
  // Definitions and parameters of others are held against our own: those are kept as long as it takes.
  const known = { definitions: new Map<string, Json>(), parameters: new Map<string, Json>() }
  const wanted: string[] = []
  const seen = new Set<string>()
  const used = (ref: string): void => {
    if (seen.has(ref)) return
    seen.add(ref)
    wanted.push(ref)
  }
  const shared = (name: string, make: () => Json): void => {
    if (version !== 2 || parameters.has(name)) return
    const parameter = make()
    parameters.set(name, encoder.parameter(name, parameter))
    if (foreign.length > 0) known.parameters.set(name, parameter)
  }
  for (const section of sections) {
    for (const slice of section.slices()) {
      for (const path of slice) {
        paths.set(path.path, encoder.path(path.path, pathItem(path, { version, descriptions, used, shared })))
        const wait = turn()
        if (wait !== undefined) await wait
      }
    }
  }
  const only = version === 3 ? sections[0]?.only : undefined
  const models = new Map(sections.flatMap((section) => [...(section.models?.() ?? [])]))
  for (let ref = wanted.pop(); ref !== undefined; ref = wanted.pop()) {
    const name = definitionName(ref)
    const wish = { version, descriptions, used, ...(only !== undefined && { only }) }
    const schema = models.get(ref)?.(wish) ?? definitionSchema(ref, wish)
    definitions.set(name, encoder.definition(name, schema))
    if (foreign.length > 0) known.definitions.set(name, schema)
    const wait = turn()
    if (wait !== undefined) await wait
  }
  for (const document of foreign) {
    for (const [kind, name, value] of foreignParts(document, known, version)) {
      try {
        if (kind === 'definitions') definitions.set(name, encoder.definition(name, value))
        else if (kind === 'parameters') parameters.set(name, encoder.parameter(name, value))
        else if (!paths.has(name)) paths.set(name, encoder.path(name, value))
      } catch {
        // A part that is not what it should be must not spoil the document for everybody else.
      }
      const wait = turn()
      if (wait !== undefined) await wait
    }
  }
  return { paths: inOrder(paths), definitions: inOrder(definitions), parameters: inOrder(parameters) }
}

const inOrder = (map: Map<string, Buffer>): readonly Buffer[] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, bytes]) => bytes)
