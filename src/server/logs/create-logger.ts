import { jsonLines } from './json.js'
import { klogLine } from './klog.js'
import type { LineWriter, LoggerOptions } from './line-writer.js'
import type { Logger } from './logger.js'

/** A log in klog's text form, or in JSON. */
export function createLogger(options: LoggerOptions): Logger {
  const write = options.format === 'json' ? jsonLines(options) : textLines(options)
  return logger(write, { level: options.verbosity }, patterns(options.vmodule), 'kats')
}

/** Says nothing. */
export const silentLogger: Logger = {
  enabled: () => false,
  info: () => {},
  warn: () => {},
  error: () => {},
  named: () => silentLogger,
  setVerbosity: () => {},
}

const textLines =
  ({ write, now, pid }: LoggerOptions): LineWriter =>
  (severity, part, _verbosity, message, error, fields) =>
    write(klogLine(severity, now(), pid, part, message, error, fields))

type Pattern = readonly [matches: RegExp, level: number]

/** What `-v` says: one for a log and all its named parts. */
interface Verbosity {
  level: number
}

function logger(write: LineWriter, verbosity: Verbosity, overrides: readonly Pattern[], part: string): Logger {
  const own = overrides.find(([matches]) => matches.test(part))?.[1]
  const enabled = (wanted: number): boolean => wanted <= (own ?? verbosity.level)
  return {
    enabled,
    info: (wanted, message, fields) => {
      if (enabled(wanted)) write('I', part, wanted, message, undefined, fields)
    },
    warn: (message, fields) => write('W', part, 0, message, undefined, fields),
    error: (error, message, fields) => write('E', part, 0, message, error ?? null, fields),
    named: (name) => logger(write, verbosity, overrides, name),
    setVerbosity: (level) => {
      verbosity.level = level
    },
  }
}

const patterns = (vmodule: string): Pattern[] =>
  vmodule
    .split(',')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [pattern = '', level = ''] = pair.split('=')
      const expression = pattern
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')
      return [new RegExp(`^${expression}$`), Number(level)]
    })
