import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { finish, get, startKats } from './processes.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const kats = join(root, 'bin', 'kats')
const apiserver = join(root, 'bin', 'kube-apiserver')
const folder = mkdtempSync(join(tmpdir(), 'kats-test-cli-'))
beforeAll(async () => {
  const { code, stderr } = await finish(process.execPath, [join(root, 'tools', 'build.mjs')])
  if (code !== 0) throw new Error(stderr)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the executables', () => {
  for (const program of [kats, apiserver]) {
    test(`${program.slice(root.length)} --version`, async () => {
      expect(await finish(program, ['--version'])).toEqual({ code: 0, stdout: 'Kubernetes v1.36.3\n', stderr: '' })
    })
  }
  test('tell a bad command line in one line', async () => {
    expect(await finish(apiserver, ['--x'])).toEqual({ code: 1, stdout: '', stderr: 'Error: unknown flag: --x\n' })
  })
  test('tell a bad configuration in one line', async () => {
    const { code, stderr } = await finish(apiserver, ['--cert-dir=', '--goaway-chance=1', '--livez-grace-period=-1s'])
    expect(code).toBe(1)
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^E\d{4} .*"command failed" err="\[--livez-grace-period .*, --goaway/,
    )
  })
  test('kats is kube-apiserver under that name', async () => {
    symlinkSync(kats, join(folder, 'kube-apiserver'))
    const { stdout } = await finish(join(folder, 'kube-apiserver'), ['--help'])
    expect(stdout).toContain('\nUsage:\n  kube-apiserver [flags]\n')
    expect((await finish(kats, ['--help'])).stdout).toContain('\nUsage:\n  kats [flags]\n')
  })
})

describe('kats', () => {
  const home = join(folder, 'home')
  const args = [`--data-dir=${home}`, '--secure-port=0']

  test('serves its administrator, remembers, and ends politely', async () => {
    const server = await startKats(kats, args)
    try {
      expect(server.kubeconfig).toBe(join(home, 'admin.kubeconfig'))
      expect(statSync(server.kubeconfig).mode & 0o777).toBe(0o600)
      const { clusters } = JSON.parse(readFileSync(server.kubeconfig, 'utf8')) as {
        clusters: { cluster: { server: string; 'certificate-authority-data': string } }[]
      }
      const { server: url, 'certificate-authority-data': authority } = clusters[0]!.cluster
      const ca = Buffer.from(authority, 'base64').toString()
      const token = readFileSync(join(home, 'admin.token'), 'utf8').trim()
      expect(await get(`${url}/readyz`, ca, token)).toEqual({ status: 200, body: 'ok' })
      const namespace = await get(`${url}/api/v1/namespaces/default`, ca, token)
      expect(namespace.status).toBe(200)
      // The first to load a package of the bundle lazily.
      const metrics = await get(`${url}/metrics`, ca, token)
      expect(metrics.body).toContain('process_cpu_seconds_total')
    } finally {
      expect(await server.stop('SIGTERM')).toBe(0)
    }
    expect(server.output.stderr).not.toContain('command failed')
  })

  test('starts again on the same data', async () => {
    const server = await startKats(kats, args)
    expect(await server.stop('SIGINT')).toBe(0)
  })
})
