import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Answer {
  readonly code: number
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server answers
  readonly body: any
}

/** A kube-apiserver executable of ours, to which everybody is an administrator unless the flags say otherwise. */
export interface Kats {
  readonly url: string
  readonly pid: number
  /** Stopped by a signal until another one lets it go on. */
  readonly paused: boolean
  call(method: string, path: string, body?: object, timeoutMs?: number): Promise<Answer>
  /** Throws unless the answer is a success. */
  ok(method: string, path: string, body?: object): Promise<Answer['body']>
  /** Each event of a watch, until it ends. @returns ends it */
  watch(path: string, event: (event: { type: string; object: Answer['body'] }) => void, ended?: () => void): () => void
  signal(name: NodeJS.Signals): void
  stop(): Promise<void>
}

const executable = new URL('../../bin/kube-apiserver', import.meta.url).pathname

/** Resolves when it is ready. Rejects with what it wrote if it ends before. */
export async function startKats(flags: readonly string[]): Promise<Kats> {
  const folder = mkdtempSync(join(tmpdir(), 'kats-test-'))
  const port = await freePort()
  const own = [
    ...['--secure-port', String(port), '--bind-address', '127.0.0.1', '--cert-dir', join(folder, 'certs')],
    ...['--anonymous-auth=true', '--disable-admission-plugins=ServiceAccount'],
    ...['--service-account-issuer', 'https://kats', '--service-account-signing-key-file', await keyFile(folder)],
    ...['--service-account-key-file', join(folder, 'sa.key'), '--service-cluster-ip-range', '10.0.0.0/24'],
  ]
  if (!flags.includes('--authorization-mode')) own.push('--authorization-mode', 'AlwaysAllow')
  if (!flags.includes('--data-dir')) own.push('--data-dir', join(folder, 'data'))
  const child = spawn(process.execPath, [executable, ...own, ...flags], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-20_000)
  })
  const server = client(`https://127.0.0.1:${port}`, child, folder)
  const deadline = Date.now() + 30_000
  for (;;) {
    if (child.exitCode !== null) {
      rmSync(folder, { recursive: true, force: true })
      throw new Error(said.replaceAll('\\"', '"'))
    }
    const ready = await server.call('GET', '/readyz').catch(() => undefined)
    if (ready?.code === 200) return server
    if (Date.now() > deadline) {
      await server.stop()
      throw new Error(`not ready: ${said}`)
    }
    await sleep(30)
  }
}

function client(url: string, child: ChildProcess, folder: string): Kats {
  const agent = new Agent({ rejectUnauthorized: false, keepAlive: true })
  let paused = false
  const open = (method: string, path: string, body?: object) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const sent = request(url + path, { method, agent, headers })
    sent.end(body === undefined ? undefined : JSON.stringify(body))
    return sent
  }
  const call = (method: string, path: string, body?: object, timeoutMs = 60_000): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = open(method, path, body)
      const timer = setTimeout(() => sent.destroy(new Error('timeout')), timeoutMs)
      sent.on('error', (error) => {
        clearTimeout(timer)
        reject(error)
      })
      sent.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          clearTimeout(timer)
          const text = Buffer.concat(chunks).toString()
          const isJson = (response.headers['content-type'] ?? '').startsWith('application/json')
          resolve({ code: response.statusCode ?? 0, body: isJson ? JSON.parse(text) : text })
        })
      })
    })
  return {
    url,
    pid: child.pid!,
    call,
    async ok(method, path, body) {
      const answer = await call(method, path, body)
      if (answer.code >= 300) throw new Error(`${method} ${path}: ${answer.code} ${JSON.stringify(answer.body)}`)
      return answer.body
    },
    watch(path, event, ended) {
      const sent = open('GET', path)
      let over = false
      const end = (): void => {
        if (!over) ended?.()
        over = true
      }
      sent.on('error', end)
      sent.on('response', (response) => {
        let rest = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n')
          rest = lines.pop() ?? ''
          if (!over) for (const line of lines) event(JSON.parse(line))
        })
        response.on('error', end)
        response.on('close', end)
      })
      return () => {
        end()
        sent.destroy()
      }
    },
    get paused() {
      return paused
    },
    signal(name) {
      paused = name === 'SIGSTOP' || (paused && name !== 'SIGCONT')
      child.kill(name)
    },
    async stop() {
      agent.destroy()
      if (child.exitCode === null && child.signalCode === null) {
        const gone = new Promise((resolve) => child.once('exit', resolve))
        child.kill('SIGKILL')
        await gone
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function keyFile(folder: string): Promise<string> {
  const { generateKeyPairSync } = await import('node:crypto')
  const { writeFileSync } = await import('node:fs')
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const file = join(folder, 'sa.key')
  writeFileSync(file, privateKey.export({ type: 'sec1', format: 'pem' }))
  return file
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
