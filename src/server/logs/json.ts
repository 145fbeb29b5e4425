import type { LineWriter, LoggerOptions } from './line-writer.js'

/** Lines as upstream's JSON format has them: `{"ts":1580306777047.28,"caller":"part","msg":"...","v":0,...}`. */
export const jsonLines =
  ({ write, now }: LoggerOptions): LineWriter =>
  (severity, part, verbosity, message, error, fields) => {
    const line: Record<string, unknown> = { ts: now(), caller: part, msg: message }
    if (severity !== 'E') line.v = verbosity
    Object.assign(line, fields)
    if (error !== undefined && error !== null) line.err = error
    write(`${JSON.stringify(line, plain)}\n`)
  }

const plain = (_key: string, value: unknown): unknown => {
  if (value instanceof Error) return value.message
  return typeof value === 'bigint' ? String(value) : value
}
