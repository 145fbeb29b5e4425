import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { finish } from './processes.js'

// An operator of controller-runtime under envtest, with our assets. Modules come from the module proxy the first time.

const root = fileURLToPath(new URL('..', import.meta.url))
const hasGo = spawnSync('go', ['version']).status === 0
if (!hasGo) console.warn('test/envtest.test.ts: there is no Go toolchain on PATH, envtest is NOT tested')

describe('kats assets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kats-test-assets-'))
  const assets = join(folder, "as'sets")

  beforeAll(async () => {
    const built = await finish(process.execPath, [join(root, 'tools', 'build.mjs')])
    if (built.code !== 0) throw new Error(built.stderr)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('lays out the programs that envtest starts', async () => {
    const { code, stdout } = await finish(join(root, 'bin', 'kats'), ['assets', assets])
    expect(code).toBe(0)
    expect(stdout).toBe(`export KUBEBUILDER_ASSETS='${assets.replaceAll("'", "'\\''")}'\n`)
    for (const program of ['kube-apiserver', 'etcd']) {
      accessSync(join(assets, program), constants.X_OK)
      expect(readFileSync(join(assets, program), 'utf8')).toContain(' "$@"')
      expect((await finish(join(assets, program), ['--help'])).stdout).toContain('--')
    }
  })

  test('wants a folder', async () => {
    const { code, stderr } = await finish(join(root, 'bin', 'kats'), ['assets'])
    expect(code).toBe(1)
    expect(stderr).toBe('Error: usage: kats assets DIR\n')
  })

  test.skipIf(!hasGo)(
    'run the suite of an operator',
    async () => {
      const { code, stdout, stderr } = await finish(
        'go',
        ['test', '-count=1', '-v', './...'],
        join(root, 'test', 'clients', 'envtest'),
        { KUBEBUILDER_ASSETS: assets },
      )
      const told = stdout.split('\n').filter((line) => /^\s*(---|[a-z]+_test\.go|FAIL|ok)/.test(line))
      expect({ code, told, stderr: code === 0 ? '' : stderr }).toMatchObject({ code: 0 })
      expect(stdout).not.toContain('--- SKIP')
    },
    900_000,
  )
})
