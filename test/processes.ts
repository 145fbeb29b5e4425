import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:https'

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. */
export async function finish(
  command: string,
  args: readonly string[],
  cwd?: string,
  environment?: Readonly<Record<string, string>>,
): Promise<Finished> {
  const { child, output } = begin(command, args, cwd, environment)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...output }
}

/** A server in a process of its own, that has said it is ready. */
export interface RunningServer {
  readonly child: ChildProcess
  readonly output: { stdout: string; stderr: string }
  /** What it was told to print when ready: `KUBECONFIG`. */
  readonly kubeconfig: string
  /** Milliseconds from the start of the process until it was ready. */
  readonly took: number
  /** Sends a signal and waits for the end. @returns the exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Starts `kats` and waits until it prints its kubeconfig. @throws with what it printed, if it ends before that */
export async function startKats(command: string, args: readonly string[], cwd?: string): Promise<RunningServer> {
  const began = performance.now()
  const { child, output } = begin(command, args, cwd)
  const ended = once(child, 'close')
  while (!output.stdout.includes('\n')) {
    const more = await Promise.race([once(child.stdout!, 'data').then(() => true), ended.then(() => false)])
    if (!more) throw new Error(`${command} ended with ${child.exitCode}:\n${output.stderr}`)
  }
  const took = performance.now() - began
  const kubeconfig = /^export KUBECONFIG='?([^'\n]+)'?\n/.exec(output.stdout)?.[1] ?? ''
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    child.kill(signal)
    const [code] = (await ended) as [number | null]
    return code
  }
  return { child, output, kubeconfig, took, stop }
}

/** GETs a URL with a certificate authority and a token. */
export function get(url: string, ca: string, token: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { ca, headers: { authorization: `Bearer ${token}` }, agent: false }, (answer) => {
      let body = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => {
        body += chunk
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
      answer.on('error', reject)
    })
    asked.on('error', reject)
    asked.end()
  })
}

function begin(command: string, args: readonly string[], cwd?: string, environment?: Readonly<Record<string, string>>) {
  const child = spawn(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    ...(environment === undefined ? {} : { env: { ...process.env, ...environment } }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  return { child, output }
}
