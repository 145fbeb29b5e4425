// Starts what is measured, each in a process of its own, and reads what the kernel says about it.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const kats = join(root, 'bin', 'kats')
const floor = join(root, 'bench', 'parts', 'floor.mjs')

/**
 * A server of ours on a data folder that is removed at the end. `token` is an administrator's. `node` are flags of node's,
 * `environment` its variables beside this process's own.
 */
export async function startKats({ flags = [], dataDir, node = [], environment = {} } = {}) {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'kats-bench-'))
  const port = await freePort()
  const began = performance.now()
  const child = spawn(
    process.execPath,
    [...node, kats, '--data-dir', folder, '--secure-port', String(port), ...flags],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    },
  )
  await said(child, /KUBECONFIG=/)
  const ready = performance.now() - began
  return {
    url: `https://127.0.0.1:${port}`,
    token: readFileSync(join(folder, 'admin.token'), 'utf8').trim().split(',')[0],
    pid: child.pid,
    ready,
    folder,
    async stop(keep = false) {
      child.kill('SIGTERM')
      await new Promise((resolve) => child.once('exit', resolve))
      if (!keep) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A bare server that does the least the workload needs: see floor.mjs. */
export async function startFloor(mode, body) {
  const child = spawn(process.execPath, [floor, mode], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(body ?? '')
  const [line] = await said(child, /port (\d+)/)
  return {
    url: `https://127.0.0.1:${line.split(' ')[1]}`,
    pid: child.pid,
    async stop() {
      child.kill()
      await new Promise((resolve) => child.once('exit', resolve))
    },
  }
}

/** Anonymous memory in MiB: what is the process's own, LMDB's file pages aside. */
export function anonymousMemory(pid) {
  const line = /RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line[1]) / 1024
}

/** CPU time in milliseconds that a process has used. */
export function cpuTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Milliseconds until `node -e ...` has come and gone, the median of several. */
export async function timeNode(script, times = 7) {
  const all = []
  for (let i = 0; i < times; i++) {
    const began = performance.now()
    const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' })
    await new Promise((resolve) => child.once('exit', resolve))
    all.push(performance.now() - began)
  }
  return median(all)
}

/** A node that does nothing, to compare memory with. */
export function idleNode() {
  const child = spawn(process.execPath, ['-e', 'setInterval(()=>{},1e6)'], { stdio: 'ignore' })
  return { pid: child.pid, stop: () => child.kill() }
}

export const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]

function said(child, pattern) {
  return new Promise((resolve, reject) => {
    let text = ''
    const look = (chunk) => {
      text += chunk
      const found = pattern.exec(text)
      if (found !== null) resolve(found)
    }
    child.stdout.on('data', look)
    child.stderr?.on('data', look)
    child.once('exit', (code) => reject(new Error(`the process ended with ${code}: ${text}`)))
  })
}

export const freePort = () =>
  new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
