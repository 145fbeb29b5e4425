import { jsonLines } from './json.js'
import { klogLine } from './klog.js'
import type { LineWriter, LoggerOptions } from './line-writer.js'
import type { Logger } from './logger.js'

/** A log in klog's text form, or in JSON. */
export function createLogger(options: LoggerOptions): Logger {
  const write = options.format === 'json' ? jsonLines(options) : textLines(options)
  return logger(write, options.verbosity, patterns(options.vmodule), 'kats')
}

/** Says nothing. */
export const silentLogger: Logger = {
  enabled: () => false,
  info: () => {},
  warn: () => {},
  error: () => {},
  named: () => silentLogger,
}

const textLines =
  ({ write, now, pid }: LoggerOptions): LineWriter =>
  (severity, part, _verbosity, message, error, fields) =>
    write(klogLine(severity, now(), pid, part, message, error, fields))

type Pattern = readonly [matches: RegExp, level: number]

function logger(write: LineWriter, verbosity: number, overrides: readonly Pattern[], part: string): Logger {
  const level = overrides.find(([matches]) => matches.test(part))?.[1] ?? verbosity
  return {
    enabled: (wanted) => wanted <= level,
    info: (wanted, message, fields) => {
      if (wanted <= level) write('I', part, wanted, message, undefined, fields)
    },
    warn: (message, fields) => write('W', part, 0, message, undefined, fields),
    error: (error, message, fields) => write('E', part, 0, message, error ?? null, fields),
    named: (name) => logger(write, verbosity, overrides, name),
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
