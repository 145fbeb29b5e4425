import { isAscii, isUtf8 } from 'node:buffer'
import { JsonNumber, setOwn } from '../../api/index.js'
import { parseJson } from '../json/parse.js'
import { JsonError } from '../json/reader.js'
import type { Unreadable } from './cursor.js'
import { compareBytes, type ParsedYaml, type YamlOptions } from './parsed.js'

/**
 * Reads YAML 1.1 as kube-apiserver does (sigs.k8s.io/yaml over go-yaml v2): the first document only.
 *
 * @throws YamlError, JsonError with upstream's message
 */
export async function parseYaml(bytes: Buffer, options: YamlOptions = {}): Promise<ParsedYaml> {
  const json = jsonInYaml(bytes, options)
  if (json !== undefined) return json
  // YAML bodies are rare: the parser is loaded when the first one comes.
  const { composeYaml } = await import('./compose.js')
  const { text, unreadable } = readText(bytes)
  return composeYaml(text, unreadable, options)
}

/** What YAML does not take, even in comments. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are the point
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/

const notInJson = new RegExp(`${forbidden.source}|[\u0085\u2028\u2029]`)

/** go-yaml reads so many bytes at a time: what is wrong before them is told before what they may not be. */
const chunk = 512

function readText(bytes: Buffer): { text: string; unreadable: Unreadable | undefined } {
  if (isUtf8(bytes)) {
    const text = bytes.toString('utf8').replace(/^\ufeff/, '')
    const at = text.search(forbidden)
    if (at < 0) return { text, unreadable: undefined }
    const offset = Buffer.byteLength(text.slice(0, at))
    return { text, unreadable: { from: chunkStart(bytes, offset), problem: 'control characters are not allowed' } }
  }
  const { offset, problem } = findBadUtf8(bytes)
  const text = bytes.toString('utf8', 0, offset).replace(/^\ufeff/, '')
  const at = text.search(forbidden)
  if (at >= 0 && Buffer.byteLength(text.slice(0, at)) < offset)
    return { text, unreadable: { from: chunkStart(bytes, at), problem: 'control characters are not allowed' } }
  return { text, unreadable: { from: chunkStart(bytes, offset), problem } }
}

const chunkStart = (bytes: Buffer, offset: number): number =>
  bytes.toString('utf8', 0, Math.floor(offset / chunk) * chunk).length

/** The first place that is no UTF-8, in go-yaml's words. */
function findBadUtf8(bytes: Buffer): { offset: number; problem: string } {
  for (let offset = 0; ; ) {
    const octet = bytes[offset]!
    const width =
      octet < 0x80 ? 1 : octet >> 5 === 0b110 ? 2 : octet >> 4 === 0b1110 ? 3 : octet >> 3 === 0b11110 ? 4 : 0
    if (width === 0) return { offset, problem: 'invalid leading UTF-8 octet' }
    if (offset + width > bytes.length) return { offset, problem: 'incomplete UTF-8 octet sequence' }
    let value = width === 1 ? octet : octet & (0x7f >> width)
    for (let i = 1; i < width; i++) {
      const next = bytes[offset + i]!
      if ((next & 0xc0) !== 0x80) return { offset, problem: 'invalid trailing UTF-8 octet' }
      value = value * 64 + (next & 0x3f)
    }
    if (value < leastOfWidth[width]!) return { offset, problem: 'invalid length of a UTF-8 sequence' }
    if ((value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff)
      return { offset, problem: 'invalid Unicode character' }
    offset += width
  }
}

/** The least character that needs so many bytes. */
const leastOfWidth = [0, 0, 0x80, 0x800, 0x10000]

/** JSON without repeated keys means the same in YAML, and is read a hundred times faster. */
function jsonInYaml(bytes: Buffer, { exactNumbers = false }: YamlOptions): ParsedYaml | undefined {
  const start = bytes.findIndex((byte) => byte > 0x20)
  if (bytes[start] !== 0x7b && bytes[start] !== 0x5b) return undefined
  // Tabs indent nothing, not even JSON.
  if (bytes.subarray(0, start).includes(0x09)) return undefined
  if (isJsonOnly(bytes)) return undefined
  try {
    const { value, duplicates, exact } = parseJson(bytes, { exactNumbers })
    if (duplicates !== undefined) return undefined
    return { value: sortKeys(exact ? plainFloats(value) : value), duplicates: undefined }
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}

/** Escapes that YAML has not, characters that it does not take, and those that end its lines. */
function isJsonOnly(bytes: Buffer): boolean {
  if (bytes.includes('\\u') && /\\u[dD][89a-fA-F]/.test(bytes.toString('latin1'))) return true
  if (bytes.includes('\\/')) return true
  if (!isAscii(bytes)) return !isUtf8(bytes) || notInJson.test(bytes.toString('utf8'))
  return bytes.includes(0x7f)
}

const maxUint64 = 2n ** 64n - 1n

/** Of numbers kept as they were written YAML has only integers of 64 bits without a sign: what else there is are floats. */
function plainFloats(value: unknown): unknown {
  if (value instanceof JsonNumber) {
    const unsigned = /^\d{1,20}$/.test(value.literal) && BigInt(value.literal) <= maxUint64
    if (!unsigned && !Number.isFinite(value.value)) throw new JsonError('a number that YAML takes for a string')
    return unsigned ? value : value.value
  }
  if (Array.isArray(value)) return value.map(plainFloats)
  if (typeof value !== 'object' || value === null) return value
  for (const [key, held] of Object.entries(value)) setOwn(value, key, plainFloats(held))
  return value
}

/** What is in order already, as clients in Go send it, stays as it is. Changes a value that is nobody else's. */
function sortKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof JsonNumber) return value
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
