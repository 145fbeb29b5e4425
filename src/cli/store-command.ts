import { completeConfig, defragment, openMaintenance, type StoreMaintenance, validateConfig } from '../server/index.js'
import type { Command } from './commands.js'
import type { Host } from './host.js'
import { toOptions } from './options.js'
import { parseFlags, UsageError } from './parse.js'

const usage = `Works on the store of a server: the embedded one, which no server may have open, or etcd with --etcd-servers.

Usage:
  kats store export FILE [flags]   Writes all objects, one line of JSON each.
  kats store import FILE [flags]   Reads them into a store that is empty. The embedded one goes on where the
                                   other one stood: resourceVersions stay. etcd gives new ones.
  kats store compact [flags]       Forgets the past.
  kats store check [flags]         Reads every object and says what is wrong.
  kats store defrag [flags]        Writes the file of the embedded store anew, as small as it can be.

Flags are those of the server, of which those of the store count: --data-dir, --etcd-servers and the rest of them,
--encryption-provider-config, --storage-media-type. To move from the embedded store to etcd, export with --data-dir and
import with --etcd-servers.
`

/** `kats store ...`. @returns the exit code */
export async function storeCommand(host: Host, { name, flags }: Command): Promise<number> {
  const [, action = '', ...rest] = host.args
  if (action === '' || action === 'help' || rest.includes('--help')) {
    host.stdout(usage)
    return 0
  }
  const takesFile = action === 'export' || action === 'import'
  if (!takesFile && action !== 'compact' && action !== 'check' && action !== 'defrag')
    throw new UsageError(`unknown command "store ${action}"`)
  const file = takesFile ? rest.shift() : undefined
  if (takesFile && (file === undefined || file.startsWith('-')))
    throw new UsageError(`store ${action} needs the name of a file`)
  const { options, problems } = toOptions(flags, parseFlags(name, flags, rest))
  // History is dropped by who serves, or by `compact`.
  const config = completeConfig({ store: { ...options.store, compactionIntervalMs: 0 } })
  problems.push(...validateConfig(config))
  if (problems.length > 0) throw new UsageError(problems.join('\n'))
  try {
    if (action === 'defrag') {
      const { before, after } = await defragment(config)
      host.stdout(`${mebibytes(before)} before, ${mebibytes(after)} now\n`)
      return 0
    }
    return await work(host, await openMaintenance(config), action, file ?? '')
  } catch (error) {
    host.stderr(`Error: ${(error as Error).message}\n`)
    return 1
  }
}

async function work({ stdout }: Host, store: StoreMaintenance, action: string, file: string): Promise<number> {
  try {
    switch (action) {
      case 'export': {
        const { objects, revision } = await store.export(file)
        stdout(`${objects} objects as of revision ${revision}\n`)
        return 0
      }
      case 'import': {
        const { objects, revision } = await store.import(file)
        stdout(`${objects} objects, ${revision === undefined ? 'with new revisions' : `as of revision ${revision}`}\n`)
        return 0
      }
      case 'compact':
        stdout(`history begins at revision ${(await store.compact()).revision}\n`)
        return 0
      default: {
        const { objects, revision, problems: found } = await store.check()
        for (const problem of found) stdout(`${problem}\n`)
        stdout(`${objects} objects as of revision ${revision}, ${found.length} problems\n`)
        return found.length === 0 ? 0 : 1
      }
    }
  } finally {
    await store.close()
  }
}

const mebibytes = (bytes: number): string => `${(bytes / (1 << 20)).toFixed(1)} MiB`
