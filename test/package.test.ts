import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { finish, startKats } from './processes.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'kats-test-package-'))
const user = join(folder, 'user')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function succeed(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await finish(command, args, cwd)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
  return stdout
}

// The package as a user gets it, in a folder where nothing else is.
beforeAll(async () => {
  // npm does not run the prepack script here: .npmrc turns scripts off.
  await succeed(process.execPath, [join(root, 'tools', 'build.mjs')], root)
  await succeed('npm', ['pack', '--silent', '--pack-destination', folder], root)
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, string>
  mkdirSync(user)
  writeFileSync(join(user, 'package.json'), '{ "private": true, "type": "module" }')
  const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--silent']
  await succeed('npm', ['install', ...quiet, join(folder, `${name}-${version}.tgz`)], user)
})

test('npx kats and npx kube-apiserver run', async () => {
  expect(await succeed('npx', ['kats', '--version'], user)).toBe('Kubernetes v1.36.3\n')
  expect(await succeed('npx', ['kube-apiserver', '--version'], user)).toBe('Kubernetes v1.36.3\n')
})

test('the server starts and ends', async () => {
  const server = await startKats(
    join(user, 'node_modules', '.bin', 'kats'),
    ['--data-dir=data', '--secure-port=0'],
    user,
  )
  expect(server.kubeconfig).toBe(join(user, 'data', 'admin.kubeconfig'))
  expect(await server.stop()).toBe(0)
})

test('the library makes a server that leaves nothing behind', async () => {
  writeFileSync(
    join(user, 'use.js'),
    `import { createServer } from 'kats'
const server = await createServer({})
const running = server.run()
await server.ready
console.log(server.url)
await server.close()
await running
`,
  )
  // It ends by itself: no handle is left open.
  expect(await succeed(process.execPath, ['use.js'], user)).toMatch(/^https:\/\/127\.0\.0\.1:\d+\n$/)
})

test('the types of the library are there', () => {
  expect(readFileSync(join(user, 'node_modules', 'kats', 'dist', 'types', 'index.d.ts'), 'utf8')).toContain(
    'createServer',
  )
})
