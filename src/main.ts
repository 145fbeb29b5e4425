import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './cli/index.js'

/**
 * The executables: bin/kats and bin/kube-apiserver run this with their own name. Everything the process has to do with
 * the world around it passes through here.
 *
 * @param program what to be; a link by the name kube-apiserver makes `kats` that one
 * @param assets the command line of a program of an assets folder, which is told so
 */
export async function main(program: string, assets?: readonly string[]): Promise<void> {
  const stopping = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // Twice means at once.
      if (stopping.signal.aborted) process.exit(1)
      stopping.abort()
    })
  }
  const code = await run({
    program: basename(process.argv[1] ?? '') === 'kube-apiserver' ? 'kube-apiserver' : program,
    args: assets ?? process.argv.slice(2),
    environment: process.env,
    pid: process.pid,
    columns: process.stdout.isTTY ? process.stdout.columns : 0,
    about: `kats ${packageVersion()}, Node ${process.versions.node}, ${process.platform}/${process.arch}`,
    assets: { interpreter: process.execPath, executable: fileURLToPath(new URL('../bin/envtest', import.meta.url)) },
    fromAssets: assets !== undefined,
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    signal: stopping.signal,
    createServer: async (options) => (await import('./server/index.js')).createServer(options),
  })
  // Whatever should still be open must not keep a finished server alive.
  process.exit(code)
}

/** dist/main.js lies one below package.json. */
const packageVersion = (): string =>
  (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version
