import type { RuleContext } from '../rules.js'
import type { DeviceClaim, DeviceSelector } from './types.js'

/** Judges expressions that select devices. */
export interface DeviceSelectors {
  /** @returns undefined: it may be stored */
  check(expression: string, options: SelectorOptions): SelectorError | undefined
}

export interface SelectorOptions {
  /** It has been stored before, and is held to what was allowed then. */
  readonly stored: boolean
  /** The minor release that has to understand it if it has not been stored. Default: the one before this. */
  readonly compatibleMinor: number | undefined
  /** The gate DRAConsumableCapacity. */
  readonly consumable: boolean
  /** The gate DRAListTypeAttributes. */
  readonly lists: boolean
}

export const selectorOptions = ({ enabled, compatibleMinor }: RuleContext, stored: boolean): SelectorOptions => ({
  stored,
  compatibleMinor,
  consumable: enabled('DRAConsumableCapacity'),
  lists: enabled('DRAListTypeAttributes'),
})

export interface SelectorError {
  readonly kind: 'invalid' | 'forbidden' | 'internal'
  readonly detail: string
}

/** Expressions come with the first selector. */
let loaded: DeviceSelectors | undefined
let loading: Promise<void> | undefined

/** @returns undefined: it is there, or there is nothing to judge */
export function loadSelectors(selectors: readonly DeviceSelector[]): Promise<void> | undefined {
  if (loaded !== undefined || !selectors.some(({ cel }) => cel)) return undefined
  loading ??= import('./device-selectors.js').then(({ createDeviceSelectors }) => {
    loaded = createDeviceSelectors()
  })
  return loading
}

export const selectorsOf = ({ requests }: DeviceClaim = {}): DeviceSelector[] =>
  (requests ?? []).flatMap(({ exactly, firstAvailable }) =>
    [...(exactly ? [exactly] : []), ...(firstAvailable ?? [])].flatMap(({ selectors }) => selectors ?? []),
  )

/** @throws Error if nobody has loaded it: rules of kinds with selectors call {@link loadSelectors} before */
export function deviceSelectors(): DeviceSelectors {
  if (loaded === undefined) throw new Error('device selectors have not been loaded')
  return loaded
}
