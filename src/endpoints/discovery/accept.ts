import type { Clause } from '../negotiate.js'

/** Whether a clause of an Accept header names a media type, itself or by a wildcard. */
export function matches(clause: Clause, type: string, subtype: string): boolean {
  if (clause.type === '*') return clause.subtype === '*'
  return clause.type === type && (clause.subtype === subtype || clause.subtype === '*')
}
