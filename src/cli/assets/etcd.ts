import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Host } from '../host.js'

/** Where the stand-in tells the kube-apiserver beside it what it was started with. */
const path = '/kats'

interface EtcdSettings {
  readonly dataDir: string
  readonly fsync: boolean
}

const help = `A stand-in for etcd that kube-apiserver of the same folder knows: objects lie in an embedded store under --data-dir.

Usage:
  etcd [flags]

      --data-dir string             Folder of the store.
      --listen-client-urls string   Where it tells that it is well.
      --unsafe-no-fsync             Writes are answered before they are on disk.
`

/**
 * The etcd of an assets folder: it answers health checks and says where objects are to lie. Flags it does not know are
 * ignored, since real ones have many that change nothing here.
 *
 * @returns the exit code, when it is asked to stop
 */
export async function standInForEtcd({ args, signal, stdout, stderr }: Host): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    stdout(help)
    return 0
  }
  const settings: EtcdSettings = {
    dataDir: flagValue(args, 'data-dir') ?? 'default.etcd',
    fsync: !['true', ''].includes(flagValue(args, 'unsafe-no-fsync') ?? 'false'),
  }
  const answers = new Map([
    ['/health', '{"health":"true","reason":""}'],
    ['/readyz', 'ok\n'],
    ['/livez', 'ok\n'],
    [path, JSON.stringify(settings)],
  ])
  const server = createServer((request, response) => {
    const answer = answers.get(new URL(request.url ?? '/', 'http://etcd').pathname)
    if (answer === undefined) response.writeHead(404).end('404 page not found\n')
    else response.end(answer)
  })
  const { hostname, port } = new URL(flagValue(args, 'listen-client-urls')?.split(',', 1)[0] ?? 'http://127.0.0.1:2379')
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(Number(port || 80), hostname.replace(/^\[|\]$/g, ''), resolve)
    })
  } catch (error) {
    stderr(`etcd: ${(error as Error).message}\n`)
    return 1
  }
  stderr(
    `etcd: no etcd, but an embedded store in ${settings.dataDir}; serving health checks on port ${portOf(server)}\n`,
  )
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  server.closeAllConnections()
  server.close()
  return 0
}

/**
 * The command line of a kube-apiserver with the stand-in's store in place of `--etcd-servers`. A real etcd stays what it is.
 *
 * @throws Error if nobody answers under the first of the addresses
 */
export async function withEmbeddedStore(args: readonly string[]): Promise<readonly string[]> {
  const given = flagValue(args, 'etcd-servers')
  if (given === undefined) return args
  const [first = ''] = given.split(',')
  const settings = first.startsWith('http://') ? await ask(first) : undefined
  if (settings === undefined) return args
  const kept = args.filter((arg, i) => !isFlag(arg, 'etcd-servers') && !(args[i - 1] === '--etcd-servers'))
  return [...kept, `--data-dir=${settings.dataDir}`, ...(settings.fsync ? [] : ['--unsafe-no-fsync'])]
}

async function ask(url: string): Promise<EtcdSettings | undefined> {
  const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(5000) })
  return response.ok ? ((await response.json()) as EtcdSettings) : undefined
}

const isFlag = (arg: string, name: string): boolean => arg === `--${name}` || arg.startsWith(`--${name}=`)

/** The last value of a flag; empty where the flag stands alone at the end or before another. */
function flagValue(args: readonly string[], name: string): string | undefined {
  const at = args.findLastIndex((arg) => isFlag(arg, name))
  const arg = args[at]
  if (arg === undefined) return undefined
  if (arg.includes('=')) return arg.slice(arg.indexOf('=') + 1)
  const next = args[at + 1]
  return next === undefined || next.startsWith('-') ? '' : next
}

const portOf = (server: ReturnType<typeof createServer>): number => (server.address() as AddressInfo).port
