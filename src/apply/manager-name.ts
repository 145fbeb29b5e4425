import type { FieldErrors, ManagedFieldsEntry } from '../api/index.js'
import { decodeManagedFields } from './managed.js'

/** Bytes of a manager's name. */
const maxNameBytes = 128

/**
 * Who writes when the request names no fieldManager: what comes before the first slash of the User-Agent, without characters
 * that cannot be printed and as much of it as fits. Empty if there is nothing; managedFields say `unknown` then.
 */
export function defaultManagerName(userAgent: string | undefined): string {
  let name = ''
  let bytes = 0
  for (const char of (userAgent ?? '').split('/', 1)[0]!) {
    if (!isPrintable(char)) continue
    bytes += Buffer.byteLength(char)
    if (bytes > maxNameBytes) break
    name += char
  }
  return name
}

/** Checks the `fieldManager` parameter, or the manager in a managedFields entry. The empty name is fine. */
export function validateManager(name: string, errors: FieldErrors, path = 'fieldManager'): void {
  if (Buffer.byteLength(name) > maxNameBytes) errors.tooLong(path, maxNameBytes)
  let position = 0
  for (const char of name) {
    if (!isPrintable(char)) errors.invalid(path, name, `invalid character ${codePoint(char)} (at position ${position})`)
    position += Buffer.byteLength(char)
  }
}

/**
 * The managedFields to go on with after mutating admission: what a plugin has made of them, or those from before and a warning
 * if that does not decode.
 */
export function managedFieldsAfterAdmission(
  before: ManagedFieldsEntry[] | undefined,
  after: ManagedFieldsEntry[] | undefined,
): { managedFields: ManagedFieldsEntry[] | undefined; warning?: string } {
  if (after === before) return { managedFields: after }
  try {
    decodeManagedFields(after)
    return { managedFields: after }
  } catch (error) {
    const why = (error as Error).message
    return {
      managedFields: before,
      warning: `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${why}`,
    }
  }
}

/** Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols, and of all spaces only the ASCII one. */
const isPrintable = (char: string): boolean => /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char)

/** Go's %#U: the code point, and the character itself if it can be printed. */
const codePoint = (char: string): string => `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
