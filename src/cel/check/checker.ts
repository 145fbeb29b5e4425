import type { CallExpr, ComprehensionExpr, Expr, IdentExpr, ListExpr, MapExpr, SelectExpr, StructExpr } from '../ast.js'
import type { Overload } from '../library.js'
import type { IssueList } from '../source.js'
import type { FieldDecl, ObjectType } from '../type-provider.js'
import { formatSignature, isDyn, isOptional, listOf, mapOf, optionalOf, sameType, type Type, types } from '../types.js'
import { typeOfValue, type Value } from '../values.js'
import { assign, assignAll, freshParam, mostGeneral, Substitutions, substitute, TooComplex } from './assign.js'
import type { Declarations, FunctionDecl, Ident } from './declarations.js'

/** An expression whose names are resolved and whose types are known. */
export interface Checked {
  readonly expr: Expr
  /** By id. */
  readonly types: readonly (Type | undefined)[]
  /** Of calls, by id. */
  readonly calls: ReadonlyMap<number, ResolvedCall>
  /** Of identifiers that are no variables, by id. */
  readonly constants: ReadonlyMap<number, Value>
  /** Of selections from objects, and of the fields of object literals, by id. */
  readonly fields: ReadonlyMap<number, FieldDecl>
  /** Of object literals, by id. */
  readonly objects: ReadonlyMap<number, ObjectType>
  readonly variables: ReadonlySet<string>
}

export interface ResolvedCall {
  readonly declared: FunctionDecl
  /** Those that the arguments' types fit: one, unless a type is only known at run time. */
  readonly overloads: readonly Overload[]
}

/**
 * Finds the type of an expression. What is wrong is added to the issues, in cel-go's words.
 *
 * @see cel-go checker/checker.go
 */
export function check(
  expr: Expr,
  declarations: Declarations,
  offsets: readonly (number | undefined)[],
  issues: IssueList,
): Checked {
  return new Checker(declarations, offsets, issues).run(expr)
}

type Scope = ReadonlyMap<string, Type>

/** Types that one type may be made of. */
const maxTypeSize = 2_000

class Checker {
  readonly #types: (Type | undefined)[] = []
  readonly #calls = new Map<number, ResolvedCall>()
  readonly #constants = new Map<number, Value>()
  readonly #fields = new Map<number, FieldDecl>()
  readonly #objects = new Map<number, ObjectType>()
  readonly #variables = new Set<string>()
  readonly #known = new Substitutions()
  #scopes: readonly Scope[] = []
  #fresh = 0

  constructor(
    readonly declarations: Declarations,
    readonly offsets: readonly (number | undefined)[],
    readonly issues: IssueList,
  ) {}

  run(expr: Expr): Checked {
    try {
      const checked = this.#check(expr)
      return this.#result(
        checked,
        this.#types.map((type) => type && this.#limited(substitute(this.#known, type, true))),
      )
    } catch (error) {
      if (!(error instanceof TooComplex)) throw error
      this.issues.add(error.message, undefined)
      return this.#result(expr, [])
    }
  }

  #result(expr: Expr, resolved: readonly (Type | undefined)[]): Checked {
    return {
      expr,
      types: resolved,
      calls: this.#calls,
      constants: this.#constants,
      fields: this.#fields,
      objects: this.#objects,
      variables: this.#variables,
    }
  }

  #check(expr: Expr): Expr {
    switch (expr.kind) {
      case 'literal':
        return this.#typed(expr, typeOfValue(expr.value))
      case 'ident':
        return this.#ident(expr)
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'list':
        return this.#list(expr)
      case 'map':
        return this.#map(expr)
      case 'struct':
        return this.#struct(expr)
      case 'comprehension':
        return this.#comprehension(expr)
      default:
        return this.#typed(expr, types.error)
    }
  }

  #ident(expr: IdentExpr): Expr {
    const found = this.#lookup(expr.name)
    if (found !== undefined) return this.#named(expr.id, found)
    this.#undeclared(expr.id, expr.name)
    return this.#typed(expr, types.error)
  }

  #named(id: number, { name, type, value, local }: Found): Expr {
    if (value !== undefined) this.#constants.set(id, value)
    else if (!local) this.#variables.add(name)
    return this.#typed({ kind: 'ident', id, name }, type)
  }

  #select(expr: SelectExpr): Expr {
    const name = expr.test ? undefined : qualifiedName(expr)
    const found = name === undefined ? undefined : this.#lookup(name)
    if (found !== undefined) return this.#named(expr.id, found)
    const operand = this.#check(expr.operand)
    const type = this.#field(expr.id, operand, expr.field, false)
    return this.#typed({ ...expr, operand }, expr.test ? types.bool : substitute(this.#known, type))
  }

  #field(id: number, operand: Expr, field: string, optional: boolean): Type {
    const operandType = substitute(this.#known, this.#typeOf(operand))
    const wrapped = isOptional(operandType)
    const target = wrapped ? operandType.params[0]! : operandType
    let type: Type = types.error
    switch (target.kind) {
      case 'map':
        type = target.params[1]!
        break
      case 'struct':
        type = this.#declaredField(id, target.name, field) ?? types.error
        break
      case 'param':
        this.#assign(types.dyn, target)
        type = types.dyn
        break
      default:
        if (!isDynOrError(target)) this.#wrong(id, `type '${target}' does not support field selection`)
        type = types.dyn
    }
    return wrapped || optional ? optionalOf(type) : type
  }

  #declaredField(id: number, typeName: string, field: string): Type | undefined {
    const object = this.declarations.options.types?.find(typeName)
    if (object === undefined) {
      this.#wrong(id, `unexpected failed resolution of '${typeName}'`)
      return undefined
    }
    const declared = object.field(field)
    if (declared === undefined) this.#wrong(id, `undefined field '${field}'`)
    else this.#fields.set(id, declared)
    return declared?.type
  }

  #call(expr: CallExpr): Expr {
    if (expr.name === '_?._') return this.#optionalSelect(expr)
    const args = expr.args.map((arg) => this.#check(arg))
    if (expr.target === undefined) {
      const declared = this.declarations.function(expr.name)
      if (declared !== undefined) return this.#resolved({ ...expr, name: declared.name, args }, declared)
      this.#undeclared(expr.id, expr.name)
      return this.#typed({ ...expr, args }, types.error)
    }
    // Either a method or a function of a namespace.
    const prefix = qualifiedName(expr.target)
    const namespaced = prefix === undefined ? undefined : this.declarations.function(`${prefix}.${expr.name}`)
    if (namespaced !== undefined)
      return this.#resolved({ ...expr, name: namespaced.name, target: undefined, args }, namespaced)
    const target = this.#check(expr.target)
    const declared = this.declarations.function(expr.name)
    if (declared !== undefined) return this.#resolved({ ...expr, target, args }, declared)
    this.#undeclared(expr.id, expr.name)
    return this.#typed({ ...expr, target, args }, types.error)
  }

  #optionalSelect(expr: CallExpr): Expr {
    const [first, field] = expr.args as [Expr, Expr]
    const declared = this.declarations.function(expr.name)
    if (declared === undefined || field.kind !== 'literal' || typeof field.value !== 'string') {
      this.#wrong(expr.id, `unsupported syntax '.?'`)
      return this.#typed(expr, types.error)
    }
    const operand = this.#check(first)
    const type = this.#field(expr.id, operand, field.value, true)
    this.#calls.set(expr.id, { declared, overloads: declared.overloads })
    return this.#typed({ ...expr, args: [operand, field] }, substitute(this.#known, type))
  }

  #resolved(expr: CallExpr, declared: FunctionDecl): Expr {
    const { target, args } = expr
    const argTypes = (target === undefined ? args : [target, ...args]).map((arg) => this.#typeOf(arg))
    if (expr.name === '_&&_' || expr.name === '_||_') return this.#logic(expr, declared, argTypes)
    const fitting: Overload[] = []
    let result: Type | undefined
    for (const overload of declared.overloads) {
      if ((overload.member ?? false) !== (target !== undefined)) continue
      if (overload.args.length !== argTypes.length) continue
      const instance = this.#instance(overload)
      if (!assignAll(this.#known, argTypes, instance.args)) continue
      fitting.push(overload)
      const type = substitute(this.#known, instance.result)
      if (result === undefined) result = type
      else if (!isDyn(result) && !sameType(type, result)) result = types.dyn
    }
    if (result === undefined) {
      const shown = argTypes.map((type) => substitute(this.#known, type, true))
      const signature = formatSignature(undefined, shown, target !== undefined)
      this.#wrong(expr.id, `found no matching overload for '${declared.name}' applied to '${signature}'`)
      return this.#typed(expr, types.error)
    }
    this.#calls.set(expr.id, { declared, overloads: fitting })
    return this.#typed(expr, result)
  }

  #logic(expr: CallExpr, declared: FunctionDecl, argTypes: readonly Type[]): Expr {
    let result: Type = types.bool
    for (const [i, type] of argTypes.entries()) {
      if (this.#assign(type, types.bool)) continue
      this.#mismatch(expr.args[i]!.id, types.bool, type)
      result = types.error
    }
    this.#calls.set(expr.id, { declared, overloads: declared.overloads })
    return this.#typed(expr, result)
  }

  /** The overload's types, with type parameters of its own. */
  #instance(overload: Overload): Pick<Overload, 'args' | 'result'> {
    const names = this.declarations.params(overload)
    if (names.length === 0) return overload
    const fresh = new Substitutions()
    for (const name of names) fresh.set(name, this.#newParam())
    return {
      args: overload.args.map((type) => substitute(fresh, type)),
      result: substitute(fresh, overload.result),
    }
  }

  #list(expr: ListExpr): Expr {
    let itemType: Type | undefined
    const elements = expr.elements.map((element, i) => {
      const checked = this.#check(element)
      const type = this.#unwrapped(checked, expr.optionals.includes(i))
      itemType = this.#joined(itemType, type)
      return checked
    })
    return this.#typed({ ...expr, elements }, listOf(itemType ?? this.#newParam()))
  }

  #map(expr: MapExpr): Expr {
    let keyType: Type | undefined
    let valueType: Type | undefined
    const entries = expr.entries.map((entry) => {
      const key = this.#check(entry.key)
      keyType = this.#joined(keyType, this.#typeOf(key))
      const value = this.#check(entry.value)
      valueType = this.#joined(valueType, this.#unwrapped(value, entry.optional))
      return { ...entry, key, value }
    })
    const type = mapOf(keyType ?? this.#newParam(), valueType ?? this.#newParam())
    return this.#typed({ ...expr, entries }, type)
  }

  /** The type of an element; of one written with `?` what is in the optional. */
  #unwrapped(expr: Expr, optional: boolean): Type {
    const type = this.#typeOf(expr)
    if (!optional) return type
    if (isOptional(type)) return type.params[0]!
    if (!isDyn(type)) this.#mismatch(expr.id, optionalOf(type), type)
    return type
  }

  #struct(expr: StructExpr): Expr {
    const found = this.#lookup(expr.typeName)
    if (found === undefined) {
      this.#undeclared(expr.id, expr.typeName)
      return this.#typed(expr, types.error)
    }
    let typeName = found.name
    let result: Type = types.error
    if (found.type.kind === 'type') {
      result = found.type.params[0] ?? types.error
      const object = this.declarations.options.types?.find(typeName)
      if (result.kind === 'struct' || object !== undefined) {
        if (result.kind === 'struct') typeName = result.name
        if (object !== undefined) this.#objects.set(expr.id, object)
      } else {
        this.#wrong(expr.id, `'${declaredName(result)}' is not a message type`)
        result = types.error
      }
    } else if (found.type.kind !== 'error') {
      this.#wrong(expr.id, `'${declaredName(found.type)}' is not a type`)
    }
    const fields = expr.fields.map((field) => {
      const value = this.#check(field.value)
      const declared = this.#declaredField(field.id, typeName, field.name) ?? types.error
      const type = this.#unwrapped(value, field.optional)
      if (!this.#assign(declared, type)) {
        const message = `expected type of field '${field.name}' is '${declared}' but provided type is '${type}'`
        this.#wrong(field.id, message)
      }
      return { ...field, value }
    })
    return this.#typed({ ...expr, typeName: found.name, fields }, result)
  }

  #comprehension(expr: ComprehensionExpr): Expr {
    const range = this.#check(expr.range)
    const accuInit = this.#check(expr.accuInit)
    const rangeType = substitute(this.#known, this.#typeOf(range))
    const accuType = this.#typeOf(accuInit)
    const outer = this.#scopes
    const withAccu = [...outer, new Map([[expr.accuVar, accuType]])]
    const [first, second] = this.#variableTypes(range, rangeType, expr.iterVar2 !== undefined)
    const variables = new Map([[expr.iterVar, first]])
    if (expr.iterVar2 !== undefined) variables.set(expr.iterVar2, second)
    this.#scopes = [...withAccu, variables]
    const condition = this.#check(expr.condition)
    this.#expect(condition, types.bool)
    const step = this.#check(expr.step)
    this.#expect(step, accuType)
    this.#scopes = withAccu
    const result = this.#check(expr.result)
    this.#scopes = outer
    return this.#typed(
      { ...expr, range, accuInit, condition, step, result },
      substitute(this.#known, this.#typeOf(result)),
    )
  }

  #variableTypes(range: Expr, type: Type, two: boolean): readonly [Type, Type] {
    switch (type.kind) {
      case 'list':
        return two ? [types.int, type.params[0]!] : [type.params[0]!, types.error]
      case 'map':
        return [type.params[0]!, type.params[1]!]
      case 'dyn':
      case 'error':
      case 'param':
        this.#assign(types.dyn, type)
        return [types.dyn, types.dyn]
      default:
        this.#wrong(
          range.id,
          `expression of type '${type}' cannot be range of a comprehension (must be list, map, or dynamic)`,
        )
        return [types.error, types.error]
    }
  }

  #joined(previous: Type | undefined, type: Type): Type {
    if (previous === undefined) return type
    return this.#assign(previous, type) ? mostGeneral(previous, type) : types.dyn
  }

  #expect(expr: Expr, type: Type): void {
    const actual = this.#typeOf(expr)
    if (!this.#assign(type, actual)) this.#mismatch(expr.id, type, actual)
  }

  #assign(from: Type, to: Type): boolean {
    return assign(this.#known, from, to)
  }

  #lookup(name: string): Found | undefined {
    for (const candidate of this.declarations.candidates(name)) {
      for (let i = this.#scopes.length - 1; i >= 0; i--) {
        const type = this.#scopes[i]!.get(candidate)
        if (type !== undefined) return { name: candidate, type, local: true }
      }
      const declared = this.declarations.ident(candidate)
      if (declared !== undefined) return { ...declared, local: false }
    }
    return undefined
  }

  #typeOf(expr: Expr): Type {
    return this.#types[expr.id] ?? types.error
  }

  /** What looks at types later walks over all of them. @throws TooComplex */
  #limited(type: Type): Type {
    if (type.size > maxTypeSize) throw new TooComplex()
    return type
  }

  #typed<E extends Expr>(expr: E, type: Type): E {
    this.#types[expr.id] = this.#limited(type)
    return expr
  }

  #newParam(): Type {
    return freshParam(this.#fresh++)
  }

  #undeclared(id: number, name: string): void {
    this.#wrong(id, `undeclared reference to '${name}' (in container '${this.declarations.container}')`)
  }

  #mismatch(id: number, expected: Type, actual: Type): void {
    this.#wrong(id, `expected type '${expected}' but found '${actual}'`)
  }

  #wrong(id: number, message: string): void {
    this.issues.add(message, this.offsets[id])
  }
}

/** Of types that are spoken of by another word in signatures: here by their own. */
const declaredName = (type: Type): string => (type.nullable ? String(type) : type.name)

type Found = Ident & { readonly local: boolean }

const isDynOrError = (type: Type): boolean => isDyn(type) || type.kind === 'error'

/** `a.b.c` if the expression is one. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === 'ident') return expr.name
  if (expr.kind !== 'select' || expr.test) return undefined
  const prefix = qualifiedName(expr.operand)
  return prefix === undefined ? undefined : `${prefix}.${expr.field}`
}
