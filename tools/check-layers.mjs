// Checks that imports in src/ run downwards only: a folder imports those below it, through their index.ts, and no files
// load each other in a circle (imports of types alone load nothing). Fails if it sees no files, so that it cannot pass by
// looking in the wrong place.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const layers = [
  'index',
  'main',
  'cli',
  'server',
  'filters',
  'audit',
  'flowcontrol',
  'authz',
  'authn',
  'subresources',
  'endpoints',
  'crd',
  'aggregator',
  'admission',
  'registry',
  'apply',
  'hub',
  'store',
  'http',
  'cel',
  'codec',
  'api',
]

const root = process.argv[2] ?? join(dirname(dirname(fileURLToPath(import.meta.url))), 'src')
const files = readdirSync(root, { recursive: true })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
const known = new Set(files)
const problems = []
const imports = new Map(files.map((file) => [file, importsOf(file)]))

if (files.length === 0) problems.push(`no TypeScript files in ${root}`)
for (const [file, targets] of imports) {
  const from = layer(file)
  if (!layers.includes(from))
    problems.push(`${file}: the folder ${from} has no place in the order of tools/check-layers.mjs`)
  for (const { target, line } of targets) {
    const at = `${file}:${line}`
    if (!known.has(target)) problems.push(`${at}: imports ${target}, which does not exist`)
    else if (layer(target) !== from) checkStep(at, from, target)
  }
}
for (const circle of circles()) problems.push(`circle: ${circle.join(' -> ')}`)

if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exit(1)
}
console.log(`${files.length} files in order`)

function checkStep(at, from, target) {
  const to = layer(target)
  if (layers.indexOf(to) <= layers.indexOf(from))
    problems.push(`${at}: ${from} must not import ${to}, which is above it`)
  if (target !== `${to}/index.ts`)
    problems.push(`${at}: imports ${target}; from outside, only ${to}/index.ts may be imported`)
}

/** The first folder of a file, or the name of a file at the top. */
function layer(file) {
  const slash = file.indexOf('/')
  return slash < 0 ? file.replace(/\.ts$/, '') : file.slice(0, slash)
}

function importsOf(file) {
  const text = blankComments(readFileSync(join(root, file), 'utf8'))
  const found = []
  // import ... from '', export ... from '', import '', import(''); \1 tells whether it is of types alone.
  const statement =
    /\b(?:(?:import|export)\b(\s+type\b)?[^'"`;]*?\bfrom\s*|import\s*\(?\s*)(['"])(\.{1,2}\/[^'"\n]+)\2/g
  for (const match of text.matchAll(statement)) {
    const path = posix.join(posix.dirname(file), match[3])
    const target = path.replace(/\.js$/, '.ts')
    if (relative('.', target).startsWith('..') || target.endsWith('.json')) continue
    found.push({ target, typesOnly: match[1] !== undefined, line: text.slice(0, match.index).split('\n').length })
  }
  return found
}

/** Comments as blanks, so that lines keep their numbers. Strings that look like comments are left alone. */
function blankComments(text) {
  return text.replace(/(['"`])(?:\\.|(?!\1)[^\\])*?\1|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (part) =>
    part.startsWith('/') ? part.replace(/[^\n]/g, ' ') : part,
  )
}

/** One circle for each set of files that reach each other. */
function circles() {
  const found = []
  const state = new Map()
  const path = []
  for (const file of files) visit(file)
  return found

  function visit(file) {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      found.push([...path.slice(path.indexOf(file)), file])
      return
    }
    state.set(file, 'open')
    path.push(file)
    for (const { target, typesOnly } of imports.get(file) ?? []) if (known.has(target) && !typesOnly) visit(target)
    path.pop()
    state.set(file, 'done')
  }
}
