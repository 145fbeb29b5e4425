import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { finish, type RunningServer, startKats } from './processes.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const hasClient = spawnSync('python3', ['-c', 'import kubernetes']).status === 0
if (!hasClient) console.warn("test/python-client.test.ts: Python's package kubernetes is not there and NOT tested")

describe.skipIf(!hasClient)("Python's kubernetes client", () => {
  const folder = mkdtempSync(join(tmpdir(), 'kats-test-python-'))
  let server: RunningServer

  beforeAll(async () => {
    const built = await finish(process.execPath, [join(root, 'tools', 'build.mjs')])
    if (built.code !== 0) throw new Error(built.stderr)
    server = await startKats(join(root, 'bin', 'kats'), [`--data-dir=${join(folder, 'data')}`, '--secure-port=0'])
  })

  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('works', async () => {
    const { code, stdout, stderr } = await finish('python3', [
      join(root, 'test', 'clients', 'python', 'main.py'),
      server.kubeconfig,
    ])
    expect(stderr).not.toContain('FAILED')
    expect(code).toBe(0)
    expect(stdout.match(/^ok /gm)).toHaveLength(10)
    expect(server.output.stderr).not.toContain("panic'd")
  })
})
