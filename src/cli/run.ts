import { resolve } from 'node:path'
import { command } from './commands.js'
import { helpText } from './help.js'
import type { Host } from './host.js'
import { parseFlags, UsageError } from './parse.js'
import { shellQuoted } from './shell-quoted.js'
import { versionText } from './version.js'

/**
 * Does what the command line says.
 *
 * @returns the exit code: 0, or 1 with the reason on standard error
 */
export async function run(host: Host): Promise<number> {
  if (host.program === 'etcd') return (await import('./assets/etcd.js')).standInForEtcd(host)
  const { name, purpose, flags } = command(host.program, host.environment)
  try {
    if (name === 'kats' && host.args[0] === 'assets') return await assets(host)
    if (name === 'kats' && host.args[0] === 'store')
      return await (await import('./store-command.js')).storeCommand(host, { name, purpose, flags })
    const args = host.fromAssets ? await (await import('./assets/etcd.js')).withEmbeddedStore(host.args) : host.args
    const parsed = parseFlags(name, flags, args)
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

async function assets({ args, assets, stdout }: Host): Promise<number> {
  const { layOutAssets } = await import('./assets/lay-out.js')
  stdout(`export KUBEBUILDER_ASSETS=${shellQuoted(resolve(layOutAssets(args.slice(1), assets)))}\n`)
  return 0
}
