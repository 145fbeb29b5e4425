// Builds dist/: the bundles of src/index.ts (library) and src/main.ts (executables) with lazily imported parts in chunks
// of their own, the facts beside them (src/api/facts.ts reads ./gen/), OpenAPI descriptions and type declarations.
// Does nothing if nothing it depends on has changed since; `--force` builds anyway.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
const stampFile = join(dist, '.stamp')
const descriptions = join(root, 'tools', 'descriptions.mjs')

const stamp = await inputs()
if (process.argv.includes('--force') || (await readFile(stampFile, 'utf8').catch(() => '')) !== stamp) {
  const began = performance.now()
  await build()
  await writeFile(stampFile, stamp)
  console.error(`built dist/ in ${Math.round(performance.now() - began)} ms`)
}

async function build() {
  await rm(stampFile, { force: true })
  await mkdir(dist, { recursive: true })
  const made = await Promise.all([bundle(), declarations(), facts()])
  if (existsSync(descriptions)) await run(process.execPath, [descriptions, join(dist, 'descriptions.json')])
  // Old chunks go last, so that a running server can still load the parts it has not needed yet for as long as possible.
  const keep = new Set(made[0])
  for (const name of await readdir(dist)) {
    if (name.endsWith('.js') && !keep.has(name)) await rm(join(dist, name))
  }
}

/** @returns the names of the files written */
async function bundle() {
  const esbuild = await import('esbuild')
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['src/index.ts', 'src/main.ts'],
    outdir: dist,
    // All in one folder: `new URL('./gen/', import.meta.url)` must mean the same in every chunk.
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // A native addon stays a package; the rest is bundled, which halves the time to load it.
    external: ['lmdb'],
    plugins: [lazyPackages()],
    define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    legalComments: 'inline',
    metafile: true,
    logLevel: 'warning',
  })
  return Object.keys(metafile.outputs).map((path) => path.slice(path.lastIndexOf('/') + 1))
}

/**
 * `await import('package')` of a CommonJS package: in a bundle it would have a default export alone, in Node it has named
 * ones too. A module between the two exports the names that Node finds.
 */
function lazyPackages() {
  return {
    name: 'lazy-packages',
    setup(build) {
      build.onResolve({ filter: /^[a-z@]/ }, ({ kind, path }) =>
        kind === 'dynamic-import' && path !== 'lmdb' && !isBuiltin(path) ? { path, namespace: 'lazy' } : undefined,
      )
      build.onLoad({ filter: /.*/, namespace: 'lazy' }, async ({ path }) => {
        const names = Object.keys(await import(path)).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name))
        return { contents: `export { ${names.join(', ')} } from ${JSON.stringify(path)}`, resolveDir: root }
      })
    },
  }
}

/** Types for users of the library. They are checked by `npm run check`, here they are only written. */
async function declarations() {
  const config = join(dist, 'tsconfig.json')
  await writeFile(
    config,
    JSON.stringify({
      extends: '../tsconfig.json',
      compilerOptions: {
        rootDir: '../src',
        outDir: 'types.new',
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        noCheck: true,
        stripInternal: true,
      },
      include: [],
      files: ['../src/index.ts'],
    }),
  )
  await rm(join(dist, 'types.new'), { recursive: true, force: true })
  await run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', config])
  await replace(join(dist, 'types.new'), join(dist, 'types'))
  await rm(config)
}

async function facts() {
  const made = join(dist, 'gen.new')
  await rm(made, { recursive: true, force: true })
  await cp(join(root, 'src', 'api', 'gen'), made, { recursive: true })
  await replace(made, join(dist, 'gen'))
}

async function replace(made, place) {
  await rm(place, { recursive: true, force: true })
  await rename(made, place)
}

/** A digest of names, sizes and times of all that the build reads. */
async function inputs() {
  const hash = createHash('sha256').update(process.version)
  for (const name of ['package.json', 'package-lock.json', 'tsconfig.json']) await add(join(root, name))
  for (const folder of ['src', 'tools']) {
    const names = await readdir(join(root, folder), { recursive: true })
    const files = names.filter((name) => !name.endsWith('.test.ts')).sort()
    for (const text of await Promise.all(files.map((name) => line(join(root, folder, name))))) hash.update(text)
  }
  return hash.digest('hex')

  async function add(file) {
    hash.update(await line(file))
  }
}

async function line(file) {
  const { size, mtimeMs } = await stat(file).catch(() => ({ size: -1, mtimeMs: 0 }))
  return `${file} ${size} ${mtimeMs}\n`
}

async function run(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit' })
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve))
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}`)
}
