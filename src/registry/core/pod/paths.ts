import { child, type FieldErrors } from '../../../api/index.js'
import type { KeyToPath } from './volume-types.js'

/** Checks of paths in volumes, mounts and profiles. Source: pkg/apis/core/validation. */

/** A relative path that climbs nowhere. */
export function validateLocalDescendingPath(value: string, path: string, errors: FieldErrors): void {
  if (value.startsWith('/')) errors.invalid(path, value, 'must be a relative path')
  validateNoBacksteps(value, path, errors)
}

export function validateNoBacksteps(value: string, path: string, errors: FieldErrors): void {
  if (hasBacksteps(value)) errors.invalid(path, value, "must not contain '..'")
}

export const hasBacksteps = (value: string): boolean => value.includes('..') && value.split('/').includes('..')

/** A relative path whose first segment does not begin with two dots either: kubelets keep those names for themselves. */
export function validateLocalNonReservedPath(value: string, path: string, errors: FieldErrors): void {
  validateLocalDescendingPath(value, path, errors)
  if (value.startsWith('..') && !value.startsWith('../')) errors.invalid(path, value, "must not start with '..'")
}

export function validateFileMode(mode: number | undefined, path: string, errors: FieldErrors): void {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return
  errors.invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')
}

/** An absent string is an empty one. */
export function requireText(value: string | undefined, path: string, name: string, errors: FieldErrors): void {
  if (!value) errors.required(child(path, name))
}

/** One key of a ConfigMap or a Secret and the file it becomes. */
export function validateKeyToPath({ key, path: file = '', mode }: KeyToPath, path: string, errors: FieldErrors): void {
  requireText(key, path, 'key', errors)
  requireText(file, path, 'path', errors)
  validateLocalNonReservedPath(file, child(path, 'path'), errors)
  validateFileMode(mode, child(path, 'mode'), errors)
}
