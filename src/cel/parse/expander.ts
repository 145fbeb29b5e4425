import type { Expr, MapEntry } from '../ast.js'
import type { ExprFactory } from '../macro.js'
import type { Value } from '../values.js'
import { accumulator } from './names.js'

/** Makes what macros expand to, at the place of the call. */
export class MacroExpander implements ExprFactory {
  readonly accumulator = accumulator
  #offset: number | undefined

  constructor(
    readonly newId: (offset: number | undefined) => number,
    readonly offsets: readonly (number | undefined)[],
  ) {}

  at(callId: number): this {
    this.#offset = this.offsets[callId]
    return this
  }

  literal(value: Value): Expr {
    return { kind: 'literal', id: this.#id(), value }
  }

  ident(name: string): Expr {
    return { kind: 'ident', id: this.#id(), name }
  }

  accu(): Expr {
    return this.ident(accumulator)
  }

  call(name: string, ...args: readonly Expr[]): Expr {
    return { kind: 'call', id: this.#id(), name, target: undefined, args }
  }

  methodCall(name: string, target: Expr, ...args: readonly Expr[]): Expr {
    return { kind: 'call', id: this.#id(), name, target, args }
  }

  select(operand: Expr, field: string): Expr {
    return { kind: 'select', id: this.#id(), operand, field, test: false }
  }

  presence(operand: Expr, field: string): Expr {
    return { kind: 'select', id: this.#id(), operand, field, test: true }
  }

  list(...elements: readonly Expr[]): Expr {
    return { kind: 'list', id: this.#id(), elements, optionals: [] }
  }

  map(...entries: readonly MapEntry[]): Expr {
    return { kind: 'map', id: this.#id(), entries }
  }

  mapEntry(key: Expr, value: Expr, optional: boolean): MapEntry {
    return { id: this.#id(), key, value, optional }
  }

  copy(expr: Expr): Expr {
    const id = this.newId(this.offsets[expr.id])
    switch (expr.kind) {
      case 'select':
        return { ...expr, id, operand: this.copy(expr.operand) }
      case 'call':
        return {
          ...expr,
          id,
          target: expr.target && this.copy(expr.target),
          args: expr.args.map((arg) => this.copy(arg)),
        }
      case 'list':
        return { ...expr, id, elements: expr.elements.map((element) => this.copy(element)) }
      case 'map':
        return {
          ...expr,
          id,
          entries: expr.entries.map((entry) => ({
            ...entry,
            id: this.#id(),
            key: this.copy(entry.key),
            value: this.copy(entry.value),
          })),
        }
      case 'struct':
        return {
          ...expr,
          id,
          fields: expr.fields.map((field) => ({ ...field, id: this.#id(), value: this.copy(field.value) })),
        }
      case 'comprehension':
        return {
          ...expr,
          id,
          range: this.copy(expr.range),
          accuInit: this.copy(expr.accuInit),
          condition: this.copy(expr.condition),
          step: this.copy(expr.step),
          result: this.copy(expr.result),
        }
      default:
        return { ...expr, id }
    }
  }

  comprehension(parts: Parameters<ExprFactory['comprehension']>[0]): Expr {
    return { kind: 'comprehension', id: this.#id(), ...parts }
  }

  #id(): number {
    return this.newId(this.#offset)
  }
}
