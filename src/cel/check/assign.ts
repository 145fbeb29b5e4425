import { isDyn, listOf, mapOf, opaqueType, sameType, Type, typeOf, types } from '../types.js'

/** Steps of comparing and rebuilding types that checking one expression may take: types can double with every fold. */
const maxSteps = 2_000_000

/** Checking is given up. */
export class TooComplex {
  readonly message = 'the types of the expression are too complex'
}

/** What type parameters stand for. A failed attempt leaves no trace. */
export class Substitutions {
  readonly #types = new Map<string, Type>()
  /** What was there before each change, to take attempts back. */
  readonly #changes: (readonly [name: string, before: Type | undefined])[] = []
  #steps = 0

  get(name: string): Type | undefined {
    return this.#types.get(name)
  }

  set(name: string, type: Type): void {
    this.#changes.push([name, this.#types.get(name)])
    this.#types.set(name, type)
  }

  /** @throws TooComplex */
  step(): void {
    if (++this.#steps > maxSteps) throw new TooComplex()
  }

  /** Keeps what an attempt has found only if it succeeds. */
  attempt(run: () => boolean): boolean {
    const mark = this.#changes.length
    if (run()) return true
    while (this.#changes.length > mark) {
      const [name, before] = this.#changes.pop()!
      if (before === undefined) this.#types.delete(name)
      else this.#types.set(name, before)
    }
    return false
  }
}

/** Whether a value of one type may be used as the other; finds out what type parameters stand for then. */
export const assign = (known: Substitutions, from: Type, to: Type): boolean => assignAll(known, [from], [to])

export function assignAll(known: Substitutions, from: readonly Type[], to: readonly Type[]): boolean {
  return known.attempt(() => new Solver(known).allAssignable(from, to))
}

/** A type with its parameters replaced by what they stand for; those that stand for nothing by dyn, if asked. */
export function substitute(known: Substitutions, type: Type, toDyn = false): Type {
  known.step()
  switch (type.kind) {
    case 'param': {
      const found = known.get(type.name)
      return found !== undefined ? substitute(known, found, toDyn) : toDyn ? types.dyn : type
    }
    case 'opaque':
      return type.params.length === 0
        ? type
        : opaqueType(type.name, ...type.params.map((param) => substitute(known, param, toDyn)))
    case 'list':
      return listOf(substitute(known, type.params[0]!, toDyn))
    case 'map':
      return mapOf(substitute(known, type.params[0]!, toDyn), substitute(known, type.params[1]!, toDyn))
    case 'type':
      return type.params.length === 0 ? type : typeOf(substitute(known, type.params[0]!, toDyn))
    default:
      return type
  }
}

/** Of two types that unify the one that says less. */
export const mostGeneral = (a: Type, b: Type): Type => (saysLess(a, b) ? a : b)

function saysLess(a: Type, b: Type): boolean {
  if (isDyn(a) || a.kind === 'param') return true
  if (isDyn(b) || b.kind === 'param') return false
  if (a.kind !== b.kind) return false
  switch (a.kind) {
    case 'opaque':
    case 'list':
    case 'map':
      return (
        a.name === b.name &&
        a.params.length === b.params.length &&
        a.params.every((param, i) => saysLess(param, b.params[i]!))
      )
    case 'type':
      return true
    default:
      return sameType(a, b)
  }
}

/** @see cel-go checker/types.go */
class Solver {
  constructor(readonly known: Substitutions) {}

  allAssignable(from: readonly Type[], to: readonly Type[]): boolean {
    return from.length === to.length && from.every((type, i) => this.#assignable(type, to[i]!))
  }

  #assignable(from: Type, to: Type): boolean {
    this.known.step()
    if (to.kind === 'param') {
      const { valid, bound } = this.#bind(from, to)
      if (valid) return true
      if (bound) return false
    }
    if (from.kind === 'param') return this.#bind(to, from).valid
    if (isDyn(from) || isDyn(to) || from.kind === 'error' || to.kind === 'error') return true
    if (from.kind === 'null') return mayBeNull(to)
    if (to.kind === 'null') return mayBeNull(from)
    switch (from.kind) {
      case 'type':
        return to.kind === 'type'
      case 'opaque':
      case 'list':
      case 'map':
        return from.kind === to.kind && from.name === to.name && this.allAssignable(from.params, to.params)
      default:
        return from.kind === to.kind && from.name === to.name
    }
  }

  /** Whether a type can be what a parameter stands for, and whether that stood for something before. */
  #bind(type: Type, param: Type): { readonly valid: boolean; readonly bound: boolean } {
    if (type.kind === 'param' && type.name === param.name) return { valid: true, bound: true }
    const old = this.known.get(param.name)
    if (old !== undefined) {
      if (type.kind === old.kind && sameType(type, old)) return { valid: true, bound: true }
      if (!this.#assignable(type, old)) return { valid: false, bound: true }
      const general = mostGeneral(type, old)
      if (this.#notWithin(param, general)) this.known.set(param.name, general)
      return { valid: true, bound: true }
    }
    if (!this.#notWithin(param, type)) return { valid: false, bound: false }
    this.known.set(param.name, type)
    return { valid: true, bound: false }
  }

  #notWithin(param: Type, type: Type): boolean {
    this.known.step()
    if (type.kind === 'param') {
      if (type.name === param.name) return false
      const found = this.known.get(type.name)
      return found === undefined || this.#notWithin(param, found)
    }
    return type.params.every((inner) => this.#notWithin(param, inner))
  }
}

function mayBeNull(type: Type): boolean {
  switch (type.kind) {
    case 'opaque':
    case 'struct':
    case 'duration':
    case 'timestamp':
    case 'null':
      return true
    default:
      return type.nullable
  }
}

/** The same type wherever it says something: what literals of one kind must agree in. */
export function equivalent(a: Type, b: Type): boolean {
  return (
    a.kind === b.kind &&
    a.name === b.name &&
    a.params.length === b.params.length &&
    a.params.every((param, i) => equivalent(param, b.params[i]!))
  )
}

export const freshParam = (number: number): Type => new Type('param', `_var${number}`)
