import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const executable = fileURLToPath(new URL('../../bin/kats', import.meta.url))

/** The built executable, running on a folder of its own. */
export interface StartedKats {
  readonly url: string
  readonly token: string
  readonly kubeconfig: string
  /** Data, certificates and kubeconfig; removed by `stop`. */
  readonly folder: string
  readonly process: ChildProcess
  /** Ends the process at once, data kept. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export async function startKats({
  folder,
  flags = [],
}: {
  folder?: string
  flags?: string[]
} = {}): Promise<StartedKats> {
  const data = folder ?? mkdtempSync(join(tmpdir(), 'kats-test-'))
  const port = await freePort()
  const child = spawn(process.execPath, [executable, '--data-dir', data, '--secure-port', String(port), ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  await new Promise<void>((resolve, reject) => {
    let text = ''
    const look = (chunk: Buffer) => {
      text += chunk
      if (text.includes('KUBECONFIG=')) resolve()
    }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    child.once('exit', (code) => reject(new Error(`kats ended with ${code}: ${text}`)))
  })
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const over = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await over
  }
  return {
    url: `https://127.0.0.1:${port}`,
    token: readFileSync(join(data, 'admin.token'), 'utf8').trim().split(',')[0]!,
    kubeconfig: join(data, 'admin.kubeconfig'),
    folder: data,
    process: child,
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM')
      rmSync(data, { recursive: true, force: true })
    },
  }
}

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
