import type { FlowCounts } from './counts.js'
import type { PolicyRules } from './matching.js'
import type { PriorityLevel } from './priority-level.js'
import { dealHand } from './shuffle-sharding.js'

/** A FlowSchema in use. */
export interface FlowSchema {
  readonly name: string
  /** Empty if there is no such object: the mandatory ones hold even then. */
  readonly uid: string
  readonly precedence: number
  readonly distinguisher: 'ByUser' | 'ByNamespace' | undefined
  readonly rules: readonly PolicyRules[]
  readonly level: PriorityLevel
  readonly counts: FlowCounts
}

/** Requests that are to get a fair share together: of one schema, and with one user or namespace if the schema tells them apart. */
export interface Flow {
  readonly schema: FlowSchema
  readonly level: PriorityLevel
  readonly distinguisher: string
  /** The queues it may use, by number; empty if its level has none. */
  readonly hand: Uint32Array
}

const none = new Uint32Array(0)

export function flowOf(schema: FlowSchema, distinguisher: string): Flow {
  const { level } = schema
  const { queues, handSize } = level.queuing
  const hand =
    queues > 1 ? dealHand(schema.name, distinguisher, queues, handSize) : queues === 1 ? new Uint32Array(1) : none
  return { schema, level, distinguisher, hand }
}
