import { quote } from '../../api/index.js'
import type { Severity } from './line-writer.js'
import type { LogFields } from './logger.js'

/**
 * One line in klog's text form: `I1121 07:30:00.123456   12345 part:1] "message" key="value"`. Messages without fields
 * stand as they are, like those of klog's Infof. The line number is klog's for an unknown one.
 *
 * @param error undefined: the line has no error; null: there is none to name
 */
export function klogLine(
  severity: Severity,
  now: number,
  pid: number,
  part: string,
  message: string,
  error: unknown,
  fields: LogFields | undefined,
): string {
  const header = `${severity}${timestamp(now)} ${String(pid).padStart(7)} ${part}:1] `
  if (error === undefined && fields === undefined) return `${header}${oneLine(message)}\n`
  let line = `${header}${quote(message)}`
  if (error !== undefined) line += ` err=${error === null ? '<nil>' : value(error)}`
  for (const key in fields) line += ` ${key}=${value(fields[key])}`
  return `${line}\n`
}

/** Local time. Microseconds are always whole milliseconds: nothing here measures finer. */
function timestamp(now: number): string {
  const date = new Date(now)
  const two = (n: number): string => (n < 10 ? `0${n}` : String(n))
  const day = `${two(date.getMonth() + 1)}${two(date.getDate())}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${day} ${time}.${String(date.getMilliseconds()).padStart(3, '0')}000`
}

function value(of: unknown): string {
  if (typeof of === 'string') return text(of)
  if (of instanceof Error) return text(of.stack !== undefined && isBug(of) ? of.stack : of.message)
  if (of === null || of === undefined) return '<nil>'
  return typeof of === 'object' ? JSON.stringify(of) : String(of)
}

/** Errors of the language itself are mistakes of ours: where they came from matters. */
const isBug = (error: Error): boolean =>
  error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError

/** Longer texts are set apart, line by line, as klog does. */
const text = (of: string): string =>
  of.includes('\n') ? `<\n\t${of.trimEnd().replaceAll('\n', '\n\t')}\n >` : quote(of)

/** A message must not be able to look like another line of the log. */
const oneLine = (message: string): string => message.trimEnd().replaceAll('\n', '\n\t')
