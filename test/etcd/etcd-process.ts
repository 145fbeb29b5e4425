import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
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

/** A real etcd with data of its own, for tests. */
export class EtcdProcess {
  #child: ChildProcess | undefined

  private constructor(
    readonly folder: string,
    readonly name: string,
    readonly url: string,
    readonly peerUrl: string,
    readonly cluster: string,
  ) {}

  static async start(): Promise<EtcdProcess> {
    const [process] = await EtcdProcess.cluster(1)
    return process!
  }

  static async cluster(members: number): Promise<EtcdProcess[]> {
    const ports = await freePorts(members * 2)
    const names = Array.from({ length: members }, (_, i) => `m${i}`)
    const peers = names.map((name, i) => `${name}=http://127.0.0.1:${ports[2 * i + 1]}`).join(',')
    const processes = names.map((name, i) => {
      const folder = mkdtempSync(join(scratch, 'kats-etcd-'))
      const [client, peer] = [`http://127.0.0.1:${ports[2 * i]}`, `http://127.0.0.1:${ports[2 * i + 1]}`]
      return new EtcdProcess(folder, name, client, peer, peers)
    })
    for (const process of processes) process.#spawn()
    await Promise.all(processes.map((process) => process.ready()))
    return processes
  }

  /** Starts it again with the data it had. */
  async restart(): Promise<void> {
    this.#spawn()
    await this.ready()
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name)
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
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
        const answer = await fetch(`${this.url}/health`)
        if (((await answer.json()) as { health?: string }).health === 'true') return
      } catch {
        // Not listening yet.
      }
      if (Date.now() > deadline) throw new Error('etcd does not start')
      await sleep(20)
    }
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
