import { DecodeError } from '../api/index.js'
import { parseJson } from './json/parse.js'
import { JsonError } from './json/reader.js'
import { interpret, type TypeMeta } from './type-meta.js'
import { parseYaml } from './yaml/parse.js'

/**
 * Reads what another program has answered, and what it says it is. What does not begin as a JSON object and is no JSON is
 * looked at as YAML, as upstream's decoders do.
 *
 * @throws Error with upstream's message
 */
export async function decodeDocument(bytes: Buffer): Promise<{ readonly value: unknown; readonly type: TypeMeta }> {
  try {
    const { value, duplicates } = parseJson(bytes)
    return { value, type: interpret(value, duplicates) }
  } catch (error) {
    if (error instanceof DecodeError) throw new Error(error.message)
    if (!(error instanceof JsonError)) throw error
    if (bytes.toString().trimStart().startsWith('{'))
      throw new Error(`couldn't get version/kind; json parse error: ${error.message}`)
  }
  const { value } = await parseYaml(bytes)
  return { value, type: interpret(value, undefined) }
}
