import { isAscii, isUtf8 } from 'node:buffer'
import { setOwn } from '../../api/index.js'
import { parseJson } from '../json/parse.js'
import { JsonError } from '../json/reader.js'
import { YamlError } from './errors.js'
import { compareBytes, type ParsedYaml } from './parsed.js'

/**
 * Reads YAML 1.1 as kube-apiserver does (sigs.k8s.io/yaml over go-yaml v2): the first document only.
 *
 * @throws YamlError, JsonError with upstream's message
 */
export async function parseYaml(bytes: Buffer): Promise<ParsedYaml> {
  const json = jsonInYaml(bytes)
  if (json !== undefined) return json
  if (!isUtf8(bytes)) throw new YamlError('invalid leading UTF-8 octet')
  const text = bytes.toString('utf8').replace(/^\ufeff/, '')
  if (forbidden.test(text)) throw new YamlError('control characters are not allowed')
  const [, version] = directive.exec(text) ?? []
  if (version !== undefined && version !== '1.1') throw new YamlError('found incompatible YAML document')
  // YAML bodies are rare: the parser is loaded when the first one comes.
  const { composeYaml } = await import('./compose.js')
  // YAML 1.1 has one more line break than the parser knows.
  return composeYaml(text.replaceAll('\u0085', '\n'))
}

/** What YAML does not take, even in comments. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are the point
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/

const directive = /^(?:#[^\n]*\n|[ \t]*\r?\n)*%YAML[ \t]+(\d+\.\d+)/

/** JSON without repeated keys means the same in YAML, and is read a hundred times faster. */
function jsonInYaml(bytes: Buffer): ParsedYaml | undefined {
  const first = bytes.find((byte) => byte > 0x20)
  if (first !== 0x7b && first !== 0x5b) return undefined
  if (isJsonOnly(bytes)) return undefined
  try {
    const { value, duplicates } = parseJson(bytes)
    return duplicates === undefined ? { value: sortKeys(value), duplicates: undefined } : undefined
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}

/** Escapes of surrogates, and characters that YAML does not take. */
function isJsonOnly(bytes: Buffer): boolean {
  if (bytes.includes('\\u') && /\\u[dD][89a-fA-F]/.test(bytes.toString('latin1'))) return true
  if (!isAscii(bytes)) return forbidden.test(bytes.toString('utf8'))
  return bytes.includes(0x7f)
}

/** What is in order already, as clients in Go send it, stays as it is. Changes a value that is nobody else's. */
function sortKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = sortKeys(value[i])
    return value
  }
  const object = value as Record<string, unknown>
  const keys = Object.keys(object)
  let sorted = true
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!
    const held = object[key]
    if (typeof held === 'object' && held !== null) setOwn(object, key, sortKeys(held))
    if (i > 0 && sorted) sorted = compareBytes(keys[i - 1]!, key) < 0
  }
  if (sorted) return object
  const out: Record<string, unknown> = {}
  for (const key of keys.sort(compareBytes)) setOwn(out, key, object[key])
  return out
}
