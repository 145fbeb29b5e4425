import type { Expr } from '../ast.js'
import type { Library } from '../library.js'
import { type ExprFactory, type Macro, MacroError } from '../macro.js'

/** `cel.bind(name, value, expression)`. Source: cel-go ext/bindings.go, version 0. */
export function bindingsLibrary(): Library {
  return { name: 'cel.lib.ext.cel.bindings', macros: [bind] }
}

const bind: Macro = {
  name: 'bind',
  args: 3,
  member: true,
  expand(make: ExprFactory, target: Expr | undefined, args: readonly Expr[]) {
    if (target?.kind !== 'ident' || target.name !== 'cel') return undefined
    const [variable, value, result] = args as readonly [Expr, Expr, Expr]
    if (variable.kind !== 'ident')
      throw new MacroError(variable.id, 'cel.bind() variable names must be simple identifiers')
    // A fold over nothing: it only gives the value a name.
    return make.comprehension({
      range: make.list(),
      iterVar: '#unused',
      iterVar2: undefined,
      accuVar: variable.name,
      accuInit: value,
      condition: make.literal(false),
      step: make.ident(variable.name),
      result,
    })
  },
}
