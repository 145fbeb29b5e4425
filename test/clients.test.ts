import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { finish, type RunningServer, startKats } from './processes.js'

// Programs with the real client-go. Modules come from the module proxy the first time.

const root = fileURLToPath(new URL('..', import.meta.url))
const hasGo = spawnSync('go', ['version']).status === 0
if (!hasGo) console.warn('test/clients.test.ts: there is no Go toolchain on PATH, client-go is NOT tested')

describe.skipIf(!hasGo)('client-go', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kats-test-clients-'))
  const program = join(folder, 'clients')
  let server: RunningServer

  beforeAll(async () => {
    const built = await finish(process.execPath, [join(root, 'tools', 'build.mjs')])
    if (built.code !== 0) throw new Error(built.stderr)
    const compiled = await finish('go', ['build', '-o', program, '.'], join(root, 'test', 'clients', 'go'))
    if (compiled.code !== 0) throw new Error(compiled.stderr)
    const gates = '--feature-gates=CBORServingAndStorage=true'
    const flags = [`--data-dir=${join(folder, 'data')}`, '--secure-port=0', gates]
    server = await startKats(join(root, 'bin', 'kats'), flags)
  }, 600_000)

  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  // client-go wants to be told that it may.
  const environment = { KUBE_FEATURE_ClientsAllowCBOR: 'true', KUBE_FEATURE_ClientsPreferCBOR: 'true' }

  test.each([
    ['application/vnd.kubernetes.protobuf', {}],
    ['application/json', {}],
    ['application/cbor', environment],
  ])('works on %s', async (contentType, more) => {
    const { code, stdout, stderr } = await finish(program, [server.kubeconfig, contentType], undefined, more)
    expect(stderr).not.toContain('FAILED')
    expect(code).toBe(0)
    expect(stdout.match(/^ok /gm)).toHaveLength(16)
    expect(server.output.stderr).not.toContain("panic'd")
  })
})
