// Writes the descriptions of API types and parameters to a file that the server reads for OpenAPI (kubectl explain):
//
//     node tools/descriptions.mjs dist/descriptions.json
//
// They come from the comments in the declaration files of the development dependency `kubernetes-descriptions` (the
// JavaScript client of the same API, under another name), read as text. The output has one JSON value a line, so that a
// reader parses only what it needs: the texts of parameters by name, then each definition with its text and those of its fields.
//
//     {"limit":"text"}
//     ["io.k8s.api.core.v1.Pod","text",{"spec":"text"}]
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const client = join(root, 'node_modules/kubernetes-descriptions/dist/gen')
const facts = join(root, 'src/api/gen')
/** Fields whose text the client leaves out, as it does of all that refer to a type; the type's own text misleads there. */
const supplement = {
  'io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup': {
    preferredVersion:
      'preferredVersion is the version preferred by the API server, which probably is the storage version.',
  },
}
const supportPackages = { resource: 1, intstr: 1, runtime: 1, types: 1, version: 1, watch: 1 }

const outfile = process.argv[2]
if (outfile === undefined) {
  console.error('usage: node tools/descriptions.mjs OUTFILE')
  process.exit(1)
}
if (!existsSync(client)) {
  console.error(`${client} is missing: run npm ci first`)
  process.exit(1)
}
const definitions = readDefinitions()
const parameters = readParameters()
const found = Object.keys(definitions).length
if (found < 500 || Object.keys(parameters).length < 20) {
  console.error(`only ${found} types have a description: the client's declaration files have changed their form`)
  process.exit(1)
}
mkdirSync(dirname(outfile), { recursive: true })
const lines = [parameters, ...Object.entries(definitions).map(([name, described]) => [name, ...described])]
writeFileSync(outfile, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))

function readDefinitions() {
  const result = {}
  for (const name of readdirSync(facts).sort()) {
    const file = JSON.parse(readFileSync(join(facts, name), 'utf8'))
    for (const [type, { fields }] of Object.entries(file.types ?? {})) {
      const described = describeType(file, type, fields)
      const [first, last] = type.split('.')
      const definition =
        last !== undefined && first in supportPackages
          ? `${file.support[first].openapiPackage}.${last}`
          : `${file.openapiPackage}.${type}`
      if (described !== undefined) result[definition] = [described[0], { ...supplement[definition], ...described[1] }]
    }
  }
  return result
}

/** The client's class for a type carries the group only where two groups have a type of that name. */
function describeType(file, type, fields) {
  const group = file.openapiPackage.split('.').at(-2)
  const version = capital(file.version)
  const names =
    file.group === 'meta.k8s.io' ? [`V1${type}`] : [`${capital(group)}${version}${type}`, `${version}${type}`]
  if (type === 'version.Info') names.push('VersionInfo')
  for (const name of names) {
    const path = join(client, 'models', `${name}.d.ts`)
    if (!existsSync(path)) continue
    const known = new Map(
      fields.filter((field) => field.json !== undefined).map((field) => [plain(field.json), field.json]),
    )
    if (fields.some((field) => field.inline)) for (const key of ['apiVersion', 'kind']) known.set(plain(key), key)
    const { text, members } = readClass(readFileSync(path, 'utf8'))
    const inlined = fields.some((field) => field.inline && !field.type.endsWith('TypeMeta'))
    // A class with other members is another group's type.
    if (!inlined && members.some(([member]) => !known.has(plain(member)))) continue
    const described = members
      .filter(([, comment]) => comment !== '')
      .map(([member, comment]) => [known.get(plain(member)) ?? member, comment])
    return [text, Object.fromEntries(described)]
  }
  return undefined
}

function readClass(source) {
  const start = source.indexOf('export declare class')
  const head = source.slice(0, start)
  const open = head.lastIndexOf('/**')
  const body = source.slice(
    start,
    source.indexOf('private static', start) < 0 ? source.length : source.indexOf('static', start),
  )
  const members = []
  const pattern = /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?'([^']+)'\??:/g
  for (const match of body.matchAll(pattern)) members.push([match[2], comment(match[1] ?? '')])
  const text = open > head.lastIndexOf('import ') ? comment(head.slice(open + 3, head.lastIndexOf('*/'))) : ''
  return { text: /NOTE: This class is auto generated/.test(text) ? '' : text, members }
}

function readParameters() {
  const source = readFileSync(join(client, 'types/ObjectParamAPI.d.ts'), 'utf8')
  const counts = new Map()
  const pattern = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(\w+)\??: (?:string|number|boolean);/g
  for (const [, text, name] of source.matchAll(pattern)) {
    const texts = counts.get(name) ?? new Map()
    counts.set(name, texts)
    const described = comment(text.split('* Defaults to:')[0])
    texts.set(described, (texts.get(described) ?? 0) + 1)
  }
  const result = {}
  for (const [name, texts] of counts) {
    const [[text, count]] = [...texts].sort((a, b) => b[1] - a[1])
    const all = [...texts.values()].reduce((a, b) => a + b, 0)
    // A parameter of many meanings (name, container, path) has no text of its own.
    if (text !== '' && count * 2 > all) result[name.replace(/^_/, '')] = text
  }
  return result
}

function comment(text) {
  const lines = text.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trimEnd())
  return lines
    .join('\n')
    .trim()
    .replaceAll(/\\?&#x([0-9a-fA-F]+);/g, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replaceAll(/\\?&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll(/\\?&quot;/g, '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll("\\'", "'")
    .replaceAll('\\"', '"')
    .replaceAll('*_/', '*/')
}

function plain(name) {
  return name.toLowerCase().replaceAll(/[_$-]/g, '')
}

function capital(name) {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
