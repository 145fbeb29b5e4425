import { badRequest } from '../api/index.js'

/** The first value of a parameter; undefined if there is none. */
export const text = (query: URLSearchParams, name: string): string | undefined => query.get(name) ?? undefined

/** Go's idea of a query boolean: present is true, unless it says "false" or "0". */
export function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)
  return value !== null && value.toLowerCase() !== 'false' && value !== '0'
}

/** Throws ApiError 400 if it is not a number. */
export function integer(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name)
  if (value === null) return undefined
  if (!/^[+-]?\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`)
  return Number(value)
}
