import { command } from './commands.js'
import { helpText } from './help.js'
import type { Host } from './host.js'
import { parseFlags, UsageError } from './parse.js'
import { versionText } from './version.js'

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
