import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { ServerOptions } from '../server/index.js'
import { run } from './run.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a command with a server that is ready at once and stops as soon as it is. */
async function command(program: string, ...args: string[]) {
  let [stdout, stderr] = ['', '']
  const built: ServerOptions[] = []
  const code = await run({
    program,
    args,
    environment: { KATS_DATA_DIR: join(folder, 'default') },
    pid: 1,
    columns: 0,
    assets: { interpreter: 'node', executable: 'envtest' },
    fromAssets: false,
    about: 'kats 0',
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => {
      stderr += text
    },
    signal: new AbortController().signal,
    createServer: async (options) => {
      built.push(options)
      return { run: async () => {}, ready: Promise.resolve(), url: 'https://127.0.0.1:1234', close: async () => {} }
    },
  })
  return { code, stdout, stderr, options: built[0] }
}

describe('kube-apiserver', () => {
  const cases: { args: string[]; code?: number; stdout?: RegExp; stderr?: RegExp }[] = [
    { args: ['--version'], stdout: /^Kubernetes v1\.36\.3\n$/ },
    { args: ['--version=raw'], stdout: /^Kubernetes v1\.36\.3, kats 0\n$/ },
    { args: ['-h'], stdout: /\nUsage:\n {2}kube-apiserver \[flags\]\n\nGeneric flags:\n\n {6}--advertise-address ip / },
    { args: ['--x'], code: 1, stderr: /^Error: unknown flag: --x\n$/ },
    {
      args: ['x'],
      code: 1,
      stderr: /^Error: "kube-apiserver" does not take any arguments, got \["x"\]\n$/,
    },
    {
      args: ['--cert-dir=', '--secure-port=0'],
      code: 1,
      stderr:
        /"command failed" err="--secure-port 0 must be between 1 and 65535, inclusive. It cannot be turned off with 0"\n$/,
    },
    {
      args: ['--cert-dir=', '--emulated-version=1.30', '--goaway-chance=1'],
      code: 1,
      stderr:
        /^[^\n]*\n[^\n]*err="\[--goaway-chance can not be less than 0 or greater than 0\.02, emulation version 1\.30 is not between \[1\.33, 1\.36\.0\], minCompatibilityVersion version 1\.33 is not between \[1\.33, 1\.30\]\]"\n$/,
    },
    {
      // Versions and feature gates are looked at before all else.
      args: ['--cert-dir=', '--emulated-version=1.35', '--goaway-chance=1', '--feature-gates=Foo=true'],
      code: 1,
      stderr: /^[^\n]*\n[^\n]*err="unrecognized feature gate: Foo"\n$/,
    },
    {
      args: ['--cert-dir=', '--emulated-version=1.36,1.35', '--goaway-chance=1'],
      code: 1,
      stderr: /err="duplicate version flag, kube=1\.36 and kube=1\.35"\n$/,
    },
    {
      args: ['--cert-dir=', '--token-auth-file=/nowhere/tokens.csv'],
      code: 1,
      stderr: /"command failed" err="[^"]*open \/nowhere\/tokens\.csv: no such file or directory"\n$/,
    },
    { args: ['--data-dir='], code: 1, stderr: /"command failed" err="--data-dir must be specified"\n$/ },
    { args: ['--cert-dir=', '--watch-cache=false'], stderr: /W\d{4} .* --watch-cache has no effect/ },
    { args: ['--cert-dir=', '-v=1'], stderr: /I\d{4} .* flags:1\] FLAG: --authorization-mode="\[\]"\n/ },
  ]
  for (const { args, code = 0, stdout = /^$/, stderr = /^/ } of cases) {
    test(args.join(' '), async () => {
      const outcome = await command('kube-apiserver', ...args)
      expect(outcome.stderr).toMatch(stderr)
      expect(outcome.stdout).toMatch(stdout)
      expect(outcome.code).toBe(code)
    })
  }

  test('reports the version it is told to', async () => {
    const { options } = await command('kube-apiserver', '--cert-dir=', '--version=v1.36.3-x')
    expect(options?.generic?.reportedVersion).toBe('v1.36.3-x')
  })
})

describe('kats', () => {
  const home = join(folder, 'my home')
  const files = () =>
    Object.fromEntries(
      readdirSync(home, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((file) => [file.slice(home.length + 1), createHash('sha1').update(readFileSync(file)).digest('hex')]),
    )

  test('makes everything a server and its administrator need', async () => {
    const { code, stdout, options } = await command('kats', `--data-dir=${home}`)
    expect(code).toBe(0)
    expect(stdout).toBe(`export KUBECONFIG='${home}/admin.kubeconfig'\n`)
    expect(options?.secureServing).toMatchObject({ bindAddress: '127.0.0.1', port: 6443 })
    expect(options?.authentication).toMatchObject({ anonymous: true, clientCaFile: join(home, 'pki', 'ca.crt') })
    expect(options?.authentication?.requestHeader).toMatchObject({
      clientCaFile: join(home, 'pki', 'front-proxy-ca.crt'),
    })
    expect(options?.aggregator).toMatchObject({ proxyClientCertFile: join(home, 'pki', 'front-proxy-client.crt') })
    for (const file of Object.keys(files())) expect(statSync(join(home, file)).mode & 0o077, file).toBe(0)

    const kubeconfig = JSON.parse(readFileSync(join(home, 'admin.kubeconfig'), 'utf8')) as {
      clusters: { cluster: Record<string, string> }[]
      users: { user: Record<string, string> }[]
    }
    const decoded = (text: string | undefined) => new X509Certificate(Buffer.from(text ?? '', 'base64'))
    const authority = decoded(kubeconfig.clusters[0]!.cluster['certificate-authority-data'])
    const admin = decoded(kubeconfig.users[0]!.user['client-certificate-data'])
    expect(kubeconfig.clusters[0]!.cluster.server).toBe('https://127.0.0.1:1234')
    expect(admin.subject).toBe('O=system:masters\nCN=kubernetes-admin')
    const serving = new X509Certificate(readFileSync(join(home, 'pki', 'apiserver.crt')))
    for (const certificate of [admin, serving]) expect(certificate.verify(authority.publicKey)).toBe(true)
    for (const name of ['localhost', 'kubernetes.default.svc.cluster.local']) expect(serving.checkHost(name)).toBe(name)
    for (const address of ['127.0.0.1', '::1', '10.96.0.1']) expect(serving.checkIP(address)).toBe(address)
    const token = readFileSync(join(home, 'admin.token'), 'utf8').trim()
    expect(readFileSync(join(home, 'pki', 'tokens.csv'), 'utf8')).toBe(
      `${token},kubernetes-admin,kubernetes-admin,"system:masters"\n`,
    )
  })

  test('finds all of it again', async () => {
    const before = files()
    await command('kats', `--data-dir=${home}`)
    expect(files()).toEqual(before)
  })

  test('makes a new serving certificate for new names only', async () => {
    const before = files()
    await command('kats', `--data-dir=${home}`, '--external-hostname=kats.example.com')
    const after = files()
    const changed = Object.keys(after).filter((file) => after[file] !== before[file])
    expect(changed.sort()).toEqual(['pki/apiserver.crt', 'pki/apiserver.key'])
  })

  test('believes who it is told to believe', async () => {
    const { options } = await command('kats', `--data-dir=${home}`, `--client-ca-file=${join(home, 'pki', 'ca.crt')}`)
    expect(options?.authentication?.clientCaFile).toBe(join(home, 'pki', 'ca.crt'))
    const kubeconfig = readFileSync(join(home, 'admin.kubeconfig'), 'utf8')
    expect(kubeconfig).toContain('"token"')
    expect(kubeconfig).not.toContain('client-key-data')
  })

  test('may listen on any port', async () => {
    expect((await command('kats', `--data-dir=${home}`, '--secure-port=0')).code).toBe(0)
  })
})
