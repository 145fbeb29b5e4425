import { setOwn } from '../object.js'
import { noteFloats, sentAsFloats } from './sent-floats.js'

type Empty = readonly unknown[] | Readonly<Record<string, unknown>>

/** Owner → field → the list or map without entries that was left out of it. */
const leftOut = new WeakMap<object, Record<string, Empty>>()

/** Remembers that `owner[field]` was an empty list or map before it was left out. */
export function noteLeftOut(owner: object, field: string, empty: Empty): void {
  const fields = leftOut.get(owner)
  if (fields === undefined) leftOut.set(owner, { [field]: empty })
  else fields[field] = empty
}

/**
 * `owner[field]`, or the empty list or map that a client sent there and that decoding left out: what Go tells from nil, as few
 * rules and all messages do. Objects out of the store never have any.
 */
export function asSent<T extends object, K extends keyof T & string>(owner: T | undefined, field: K): T[K] | undefined {
  if (owner === undefined) return undefined
  const value = owner[field]
  if (value !== undefined && value !== null) return value
  const fields = leftOut.get(owner)
  return fields !== undefined && Object.hasOwn(fields, field) ? (fields[field] as T[K]) : value
}

/** Takes a field away, as if the client had not sent it. */
export function dropSent<T extends object>(owner: T, field: keyof T & string): void {
  delete owner[field]
  const fields = leftOut.get(owner)
  if (fields !== undefined && Object.hasOwn(fields, field)) {
    const { [field]: _, ...others } = fields
    if (Object.keys(others).length > 0) leftOut.set(owner, others)
    else leftOut.delete(owner)
  }
}

/** `copyJson` for what a client sent: the copy knows, too, what was left out. */
export function copySent<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copySent) as T
  const out: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const held = (value as Record<string, unknown>)[key]
    const copy = typeof held === 'object' ? copySent(held) : held
    if (key === '__proto__') setOwn(out, key, copy)
    else out[key] = copy
  }
  const fields = leftOut.get(value)
  if (fields !== undefined) leftOut.set(out, fields)
  return out as T
}

/** A copy of the outermost object alone, made by hand, knows what was left out of the original, and its floats. Returns `to`. */
export function keepSent<T extends object>(from: object, to: T): T {
  noteFloats(to, sentAsFloats(from))
  const fields = leftOut.get(from)
  if (fields !== undefined) leftOut.set(to, fields)
  return to
}

/** Whether anything in the value was an empty list or map that decoding left out, and is still nothing. */
export function holdsLeftOut(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(holdsLeftOut)
  const fields = leftOut.get(value)
  if (fields !== undefined && Object.keys(fields).some((field) => (value as Record<string, unknown>)[field] == null))
    return true
  return Object.values(value).some(holdsLeftOut)
}
