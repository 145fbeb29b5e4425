import type { ServerOptions } from '../server/index.js'
import type { FlagType } from './values/types.js'

/** Options under construction: flags write into it. */
export type Draft = {
  -readonly [S in keyof ServerOptions]-?: { -readonly [O in keyof NonNullable<ServerOptions[S]>]?: unknown } & Writable<
    NonNullable<ServerOptions[S]>
  >
}
type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** One line of the table of flags. */
export interface Flag<T = unknown> {
  readonly name: string
  readonly short?: string
  readonly type: FlagType<T>
  readonly default: T
  /** One paragraph in our own words. A `back-quoted` word becomes the name of the value. */
  readonly help: string
  /** What help lists below that, one line each. */
  readonly options?: () => readonly string[]
  /** The value of the flag when it stands alone. Booleans have "true" of their own accord. */
  readonly alone?: string
  readonly deprecated?: string
  /** Accepted, but not shown by help. */
  readonly hidden?: true
  /** Carries the value into the options. Called for every flag, in the order of the table, with its default if it was not given. */
  readonly apply?: (draft: Draft, value: T) => void
  /** The feature is not there yet: any other value than the default is refused, naming this. */
  readonly notBuilt?: string
  /** Accepted for compatibility; why it changes nothing here. */
  readonly noEffect?: string
}

export interface Section {
  /** As help prints it: `Generic flags:`. */
  readonly name: string
  readonly flags: readonly Flag[]
}

/** Checks one flag's value against its type, then forgets the type, so that flags of all types fit one table. */
export const flag = <T>(definition: Flag<T>): Flag => definition as unknown as Flag
