import { readFile } from 'node:fs/promises'

/** Texts for schemas, by definition name (`io.k8s.api.core.v1.Pod`); see tools/descriptions.mjs. */
export interface Descriptions {
  /** Of a definition, or of one of its properties. */
  definition(name: string, property?: string): string | undefined
  /** Of a query or path parameter that many operations share. */
  parameter(name: string): string | undefined
}

type Line = readonly [name: string, text: string, fields: Readonly<Record<string, string>>]

/**
 * Reads what tools/descriptions.mjs wrote. Undefined if the file is not there: a server from a checkout that was not built.
 * Lines are parsed when they are asked for; only the texts of definitions are kept, which many fields refer to.
 */
export async function readDescriptions(file: URL | string): Promise<Descriptions | undefined> {
  let source: string
  try {
    source = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const [first = '{}', ...rest] = source.split('\n')
  const parameters = new Map(Object.entries(JSON.parse(first) as Record<string, string>))
  const lines = new Map(rest.filter((line) => line !== '').map((line) => [line.slice(2, line.indexOf('"', 2)), line]))
  const texts = new Map<string, string | undefined>()
  let last: Line | undefined
  const find = (name: string): Line | undefined => {
    if (last?.[0] === name) return last
    const line = lines.get(name)
    last = line === undefined ? undefined : (JSON.parse(line) as Line)
    return last
  }
  return {
    definition(name, property) {
      if (property !== undefined) {
        const fields = find(name)?.[2]
        return fields !== undefined && Object.hasOwn(fields, property) ? fields[property] : undefined
      }
      if (!texts.has(name)) texts.set(name, find(name)?.[1] || undefined)
      return texts.get(name)
    },
    parameter: (name) => parameters.get(name),
  }
}
