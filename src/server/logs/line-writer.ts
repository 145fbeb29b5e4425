import type { LogFormat } from '../config.js'
import type { LogFields } from './logger.js'

export interface LoggerOptions {
  readonly format: LogFormat
  readonly verbosity: number
  /** `pattern=level,...`; `*` and `?` stand for any letters and any one. */
  readonly vmodule: string
  /** Gets whole lines. */
  write(line: string): void
  /** Milliseconds since 1970. */
  now(): number
  /** Printed in text lines. */
  readonly pid: number
}

export type Severity = 'I' | 'W' | 'E'

/** Writes one message. `verbosity` is that of the message. */
export type LineWriter = (
  severity: Severity,
  part: string,
  verbosity: number,
  message: string,
  error: unknown,
  fields: LogFields | undefined,
) => void
