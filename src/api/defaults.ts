import { copyJson } from './object.js'
import type { Shape, StructShape } from './shapes.js'

type Filler = (value: Record<string, unknown>) => void

const fillers = new WeakMap<StructShape, Filler | undefined>()

/**
 * Fills in, in place, what the facts mark with +default: absent and zero-valued fields of every struct that is there.
 * Defaults that a marker cannot say are the kinds' own (`ResourceRules.defaults`).
 */
export function fillDefaults(object: Record<string, unknown>, shape: StructShape): void {
  fillerOf(shape)?.(object)
}

/** Compiled once for each type; undefined where nothing below it has a default. */
function fillerOf(shape: StructShape): Filler | undefined {
  if (fillers.has(shape)) return fillers.get(shape)
  // Recursive types (JSONSchemaProps) have no defaults of their own: a type met again while it is compiled adds nothing.
  fillers.set(shape, undefined)
  const steps: Filler[] = []
  for (const { json, shape: inner, facts } of shape.fields) {
    const pointer = facts.pointer === true
    // Without a pointer, a default of zero is what an absent field is anyway.
    const zero = facts.default === '' || facts.default === 0 || facts.default === false
    if (facts.default !== undefined && inner.kind !== 'struct' && (pointer || !zero))
      steps.push(setIfZero(json, facts.default, pointer))
    const descend = descentInto(inner)
    if (descend !== undefined)
      steps.push((value) => {
        const child = value[json]
        if (typeof child === 'object' && child !== null) descend(child)
      })
  }
  const filler =
    steps.length === 0
      ? undefined
      : (value: Record<string, unknown>) => {
          for (const step of steps) step(value)
        }
  fillers.set(shape, filler)
  return filler
}

function setIfZero(field: string, fallback: unknown, pointer: boolean): Filler {
  return (value) => {
    const current = value[field]
    const zero =
      current === undefined || current === null || (!pointer && (current === '' || current === 0 || current === false))
    if (zero) value[field] = typeof fallback === 'object' ? copyJson(fallback) : fallback
  }
}

function descentInto(shape: Shape): ((value: object) => void) | undefined {
  if (shape.kind === 'struct') return fillerOf(shape) as ((value: object) => void) | undefined
  if (shape.kind !== 'list' && shape.kind !== 'map') return undefined
  const item = descentInto(shape.kind === 'list' ? shape.item : shape.value)
  if (item === undefined) return undefined
  return (value) => {
    for (const child of Object.values(value)) if (typeof child === 'object' && child !== null) item(child as object)
  }
}
