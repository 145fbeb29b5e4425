import type { CreateServer } from '../server/index.js'
import { command } from './commands.js'
import { helpText } from './help.js'
import { parseFlags, UsageError } from './parse.js'
import { versionText } from './version.js'

/** What a command needs of the process around it. */
export interface Host {
  /** The name it was started under. */
  readonly program: string
  /** The command line without node and the script. */
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly pid: number
  /** Width of the terminal, 0 if standard output is none. */
  readonly columns: number
  /** Our own version, runtime and platform, for --version=raw. */
  readonly about: string
  stdout(text: string): void
  stderr(text: string): void
  /** Aborts when the process is asked to stop. */
  readonly signal: AbortSignal
  readonly createServer: CreateServer
}

/**
 * Does what the command line says.
 *
 * @returns the exit code: 0, or 1 with the reason on standard error
 */
export async function run(host: Host): Promise<number> {
  const { name, purpose, flags } = command(host.program, host.environment)
  try {
    const parsed = parseFlags(name, flags, host.args)
    for (const notice of parsed.notices) host.stderr(`${notice}\n`)
    const version = parsed.values.get('version') as string
    if (parsed.help) host.stdout(helpText(name, purpose, flags, host.columns))
    else if (version === 'true' || version === 'raw') host.stdout(versionText(version, host.about))
    else {
      // What help and version do not need is not loaded for them.
      const { start } = await import('./start.js')
      return await start(host, { name, purpose, flags }, parsed)
    }
    return 0
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    host.stderr(`Error: ${error.message}\n`)
    return 1
  }
}
