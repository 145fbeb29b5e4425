// Builds Kubernetes' own programs from its public Go modules, for test/cluster.test.ts:
//   node tools/kubernetes-binaries.mjs FOLDER [VERSION [PROGRAM...]]
//   KATS_KUBE_BINARIES=FOLDER npx vitest run --project server test/cluster.test.ts
// It takes Go, some minutes and about 4 GB of module and build caches the first time.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const [folder, version = 'v1.36.3', ...chosen] = process.argv.slice(2)
if (folder === undefined) {
  console.error('usage: node tools/kubernetes-binaries.mjs FOLDER [VERSION [PROGRAM...]]')
  process.exit(2)
}
const programs = chosen.length === 0 ? ['kube-controller-manager', 'kube-scheduler', 'kubectl'] : chosen
const workshop = mkdtempSync(join(tmpdir(), 'kubernetes-binaries-'))
try {
  const { GoMod } = JSON.parse(go(['mod', 'download', '-json', `k8s.io/kubernetes@${version}`]))
  writeFileSync(join(workshop, 'go.mod'), moduleFile(readFileSync(GoMod, 'utf8')))
  const imports = programs.map((program) => `import _ "k8s.io/kubernetes/cmd/${program}"\n`).join('')
  writeFileSync(join(workshop, 'programs.go'), `//go:build programs\n\npackage programs\n\n${imports}`)
  const [major, minor] = version.slice(1).split('.')
  const facts = { gitVersion: version, gitMajor: major, gitMinor: minor }
  const stamps = Object.entries(facts).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
  mkdirSync(folder, { recursive: true })
  for (const program of programs) {
    const flags = ['-ldflags', `-s -w ${stamps.join(' ')}`, '-o', resolve(folder, program)]
    go(['build', ...flags, `k8s.io/kubernetes/cmd/${program}`])
    console.error(`built ${join(folder, program)}`)
  }
} finally {
  rmSync(workshop, { recursive: true, force: true })
}

/**
 * Kubernetes' own go.mod takes its libraries (k8s.io/api and so on) from folders of its repository, which its module does not hold;
 * they are published as modules with the same minor and patch version.
 */
function moduleFile(upstream) {
  const libraries = version.replace(/^v1\./, 'v0.')
  const names = new Set([...upstream.matchAll(/^\s*(k8s\.io\/[a-z0-9-]+) v0\.0\.0$/gm)].map(([, name]) => name))
  const body = upstream
    .replace(/^module .*$/m, 'module programs')
    .replace(/^replace \([^)]*^\)$/gm, '')
    .replace(/^replace .*$/gm, '')
    .replace(/^(\s*k8s\.io\/[a-z0-9-]+) v0\.0\.0$/gm, `$1 ${libraries}`)
  const replaced = [...names].map((name) => `replace ${name} => ${name} ${libraries}\n`).join('')
  return `${body}\nrequire k8s.io/kubernetes ${version}\n\n${replaced}`
}

function go(args) {
  const environment = { ...process.env, GOFLAGS: '-mod=mod', CGO_ENABLED: '0' }
  const stdio = ['ignore', 'pipe', 'inherit']
  const { status, stdout } = spawnSync('go', args, { cwd: workshop, env: environment, stdio, encoding: 'utf8' })
  if (status !== 0) throw new Error(`go ${args.join(' ')}: ${status}`)
  return stdout
}
