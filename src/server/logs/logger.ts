/** Values of a log line, in the order in which they are printed. */
export type LogFields = Readonly<Record<string, unknown>>

/**
 * Where messages go. Handed from the top to whoever logs; there is no global one. `-v` decides which messages of `info`
 * are written, warnings and errors always are.
 */
export interface Logger {
  /** Whether messages of this verbosity are written: ask before computing something for a message. */
  enabled(verbosity: number): boolean
  info(verbosity: number, message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  /** @param error anything that was thrown; undefined if there is none */
  error(error: unknown, message: string, fields?: LogFields): void
  /** The same log for one part of the server: its name is printed where klog has the file, and `--vmodule` knows it by it. */
  named(part: string): Logger
  /** Another `-v` from now on, for this log and all that `named` made of it. */
  setVerbosity(verbosity: number): void
}
