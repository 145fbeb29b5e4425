import { isDyn, listOf, mapOf, opaqueType, sameType, Type, typeOf, types } from '../types.js'

/** What type parameters stand for. Persistent: a failed attempt leaves no trace. */
export type Substitutions = ReadonlyMap<string, Type>

/** Type parameters under which a value of one type may be used as the other; undefined: there are none. */
export function assign(known: Substitutions, from: Type, to: Type): Substitutions | undefined {
  return assignAll(known, [from], [to])
}

export function assignAll(known: Substitutions, from: readonly Type[], to: readonly Type[]): Substitutions | undefined {
  const solver = new Solver(known)
  return solver.allAssignable(from, to) ? solver.found : undefined
}

/** A type with its parameters replaced by what they stand for; those that stand for nothing by dyn, if asked. */
export function substitute(known: Substitutions, type: Type, toDyn = false): Type {
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
  #found: Map<string, Type> | undefined

  constructor(readonly known: Substitutions) {}

  get found(): Substitutions {
    return this.#found ?? this.known
  }

  allAssignable(from: readonly Type[], to: readonly Type[]): boolean {
    return from.length === to.length && from.every((type, i) => this.#assignable(type, to[i]!))
  }

  #assignable(from: Type, to: Type): boolean {
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
    const old = this.found.get(param.name)
    if (old !== undefined) {
      if (type.kind === old.kind && sameType(type, old)) return { valid: true, bound: true }
      if (!this.#assignable(type, old)) return { valid: false, bound: true }
      const general = mostGeneral(type, old)
      if (this.#notWithin(param, general)) this.#add(param, general)
      return { valid: true, bound: true }
    }
    if (!this.#notWithin(param, type)) return { valid: false, bound: false }
    this.#add(param, type)
    return { valid: true, bound: false }
  }

  #add(param: Type, type: Type): void {
    this.#found ??= new Map(this.known)
    this.#found.set(param.name, type)
  }

  #notWithin(param: Type, type: Type): boolean {
    if (type.kind === 'param') {
      if (type.name === param.name) return false
      const found = this.found.get(type.name)
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
