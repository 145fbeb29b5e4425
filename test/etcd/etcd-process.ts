import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { get as httpGet } from 'node:http'
import { get as httpsGet } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The version of the etcd on PATH; undefined if there is none. */
export function etcdVersion(): string | undefined {
  try {
    return /etcd Version: (\S+)/.exec(
      execFileSync('etcd', ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString(),
    )?.[1]
  } catch {
    return undefined
  }
}

// In memory where there is such a place: the disk is not what is tested.
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

export interface EtcdTls {
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
  /** Of who asks for its health. */
  readonly client: { readonly certFile: string; readonly keyFile: string }
}

/** A real etcd with data of its own, for tests. */
export class EtcdProcess {
  #child: ChildProcess | undefined

  private constructor(
    readonly folder: string,
    readonly name: string,
    readonly url: string,
    readonly peerUrl: string,
    readonly cluster: string,
    readonly tls: EtcdTls | undefined,
  ) {}

  static async start(tls?: EtcdTls): Promise<EtcdProcess> {
    const [process] = await EtcdProcess.cluster(1, tls)
    return process!
  }

  static async cluster(members: number, tls?: EtcdTls): Promise<EtcdProcess[]> {
    const ports = await freePorts(members * 2)
    const names = Array.from({ length: members }, (_, i) => `m${i}`)
    const peers = names.map((name, i) => `${name}=http://127.0.0.1:${ports[2 * i + 1]}`).join(',')
    const processes = names.map((name, i) => {
      const folder = mkdtempSync(join(scratch, 'kats-etcd-'))
      const scheme = tls === undefined ? 'http' : 'https'
      const [client, peer] = [`${scheme}://127.0.0.1:${ports[2 * i]}`, `http://127.0.0.1:${ports[2 * i + 1]}`]
      return new EtcdProcess(folder, name, client, peer, peers, tls)
    })
    for (const process of processes) process.#spawn()
    await Promise.all(processes.map((process) => process.ready()))
    return processes
  }

  /** Starts it again with the data it had, if it is not running. */
  async restart(): Promise<void> {
    if (!this.#running) this.#spawn()
    await this.ready()
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name)
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || !this.#running) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }

  async close(): Promise<void> {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }

  async ready(): Promise<void> {
    const deadline = Date.now() + 20_000
    for (;;) {
      try {
        if ((await this.#health()).includes('"true"')) return
      } catch {
        // Not listening yet.
      }
      if (Date.now() > deadline) throw new Error('etcd does not start')
      await sleep(20)
    }
  }

  get #running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  #health(): Promise<string> {
    const { url, tls } = this
    const secret = tls && {
      ca: readFileSync(tls.caFile),
      cert: readFileSync(tls.client.certFile),
      key: readFileSync(tls.client.keyFile),
    }
    return new Promise((resolve, reject) => {
      const get = tls === undefined ? httpGet : httpsGet
      get(`${url}/health`, { ...secret }, (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve(text))
      }).on('error', reject)
    })
  }

  #spawn(): void {
    const flags = {
      name: this.name,
      'data-dir': join(this.folder, 'data'),
      'listen-client-urls': this.url,
      'advertise-client-urls': this.url,
      'listen-peer-urls': this.peerUrl,
      'initial-advertise-peer-urls': this.peerUrl,
      'initial-cluster': this.cluster,
      'initial-cluster-token': 'kats-tests',
      'log-level': 'error',
    }
    const parameters = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)
    const { tls } = this
    if (tls !== undefined)
      parameters.push(
        '--client-cert-auth',
        `--trusted-ca-file=${tls.caFile}`,
        `--cert-file=${tls.certFile}`,
        `--key-file=${tls.keyFile}`,
      )
    this.#child = spawn('etcd', parameters, { stdio: 'ignore' })
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
