import { quote } from '../api/index.js'
import { completeConfig, createLogger, type Logger, type ServerOptions, validateConfig } from '../server/index.js'
import type { Command } from './commands.js'
import type { Host } from './host.js'
import { flagTexts, toOptions } from './options.js'
import type { ParsedFlags } from './parse.js'
import { prepareHome, writeKubeconfig } from './prepare-home.js'
import { shellQuoted } from './shell-quoted.js'
import { reportedVersion } from './version.js'

/** Starts the server that the flags describe and serves until it is asked to stop. @returns the exit code */
export async function start(host: Host, command: Command, parsed: ParsedFlags): Promise<number> {
  const { options, refused, problems, warnings } = toOptions(command.flags, parsed)
  const log = logger(host, options).named('server')
  if (command.name === 'kube-apiserver' && options.secureServing?.port === 0) {
    problems.push('--secure-port 0 must be between 1 and 65535, inclusive. It cannot be turned off with 0')
  }
  const version = reportedVersion(parsed.values.get('version') as string)
  try {
    log.info(0, `Version: ${version}`)
    const flags = flagTexts(command.flags, parsed)
    if (log.enabled(1))
      for (const [flag, text] of Object.entries(flags)) log.named('flags').info(1, `FLAG: --${flag}=${quote(text)}`)
    for (const warning of warnings) log.warn(warning)

    const wanted: ServerOptions = {
      ...options,
      generic: { ...options.generic, reportedVersion: version, flags },
      logs: { ...options.logs, logger: log },
    }
    if (refused !== undefined) throw new Error(refused)
    if (options.store?.dataDir === '') throw new Error(aggregate([...problems, '--data-dir must be specified']))
    const home = command.name === 'kats' ? prepareHome(wanted) : undefined
    const config = completeConfig(home?.options ?? wanted)
    problems.push(...validateConfig(config))
    if (problems.length > 0) throw new Error(aggregate(problems))

    const server = await host.createServer(config)
    const running = server.run(host.signal)
    await Promise.race([server.ready, running])
    if (!host.signal.aborted) {
      log.info(0, 'Serving', { address: server.url, dataDir: config.store.dataDir })
      if (home !== undefined) {
        writeKubeconfig(home, server.url)
        host.stdout(`export KUBECONFIG=${shellQuoted(home.kubeconfig)}\n`)
      }
    }
    await running
    return 0
  } catch (error) {
    log.error(withFileErrors(error), 'command failed')
    return 1
  }
}

const logger = ({ stderr, pid }: Host, { logs = {} }: ServerOptions): Logger =>
  createLogger({
    // A format that does not exist is a problem to be told in one that does.
    format: logs.format === 'json' ? 'json' : 'text',
    verbosity: logs.verbosity ?? 0,
    vmodule: logs.vmodule ?? '',
    write: stderr,
    now: Date.now,
    pid,
  })

/** Several problems as one text, as upstream prints them. Source: apimachinery pkg/util/errors. */
function aggregate(problems: readonly string[]): string {
  const different = [...new Set(problems)]
  return different.length === 1 ? different[0]! : `[${different.join(', ')}]`
}

const systemTexts: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
}

/** Files that cannot be opened are told of as kube-apiserver tells: `open FILE: no such file or directory`. */
function withFileErrors(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const message = error.message.replaceAll(
    /\b(ENOENT|EACCES|EISDIR|ENOTDIR): [^,]+, (\w+)(?: '([^']*)')?/g,
    (_, code: string, call: string, file?: string) =>
      `${call}${file === undefined ? '' : ` ${file}`}: ${systemTexts[code]}`,
  )
  return message === error.message ? error : new Error(message, { cause: error })
}
