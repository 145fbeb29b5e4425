import { isObject as isJsonObject, setOwn } from '../object.js'

/**
 * A number that a JSON text writes in a way a JavaScript number would not give back: `1.0`, `1e3`, or an integer beyond 64
 * bits. Integer fields refuse it by its literal, as Go does; `plainNumbers` turns it into a value again.
 */
export class JsonNumber {
  constructor(readonly literal: string) {}

  get value(): number {
    return Number(this.literal)
  }
}

/** An object as decoding has it: a JsonNumber is none. */
export const isObject = (raw: unknown): raw is Record<string, unknown> =>
  isJsonObject(raw) && !(raw instanceof JsonNumber)

/** The value with every JsonNumber in it turned into a plain number. Shares whatever holds none. */
export function plainNumbers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof JsonNumber) return value.value
  if (Array.isArray(value)) {
    const items = value.map(plainNumbers)
    return items.every((item, i) => item === value[i]) ? value : items
  }
  let out: Record<string, unknown> = value as Record<string, unknown>
  for (const key of Object.keys(value)) {
    const old = (value as Record<string, unknown>)[key]
    const plain = plainNumbers(old)
    if (plain === old) continue
    if (out === value) out = { ...value }
    setOwn(out, key, plain)
  }
  return out
}
