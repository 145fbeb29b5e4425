import { readFile } from 'node:fs/promises'
import type { Descriptions } from './definitions.js'

interface DescriptionsFile {
  readonly definitions: Readonly<Record<string, readonly [text: string, fields: Readonly<Record<string, string>>]>>
  readonly parameters: Readonly<Record<string, string>>
}

/** Reads what tools/descriptions.mjs wrote. Undefined if the file is not there: a server from a checkout that was not built. */
export async function readDescriptions(file: URL | string): Promise<Descriptions | undefined> {
  let source: string
  try {
    source = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const { definitions, parameters } = JSON.parse(source) as DescriptionsFile
  const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
    Object.hasOwn(table, key) ? table[key] : undefined
  return {
    definition(name, property) {
      const entry = own(definitions, name)
      if (entry === undefined) return undefined
      return (property === undefined ? entry[0] : own(entry[1], property)) || undefined
    },
    parameter: (name) => own(parameters, name),
  }
}
