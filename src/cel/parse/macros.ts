import type { ComprehensionExpr, Expr } from '../ast.js'
import { type ExprFactory, type Macro, MacroError } from '../macro.js'
import { mapInsert } from './names.js'

/** has, and the folds over one variable. */
export const standardMacros: readonly Macro[] = [
  { name: 'has', args: 1, member: false, expand: (make, _, [field]) => has(make, field!) },
  fold('all', 2, all),
  fold('exists', 2, exists),
  fold('exists_one', 2, existsOne),
  fold('map', 2, mapped),
  fold('map', 3, mapped),
  fold('filter', 2, filtered),
]

/** The folds over index and item, or key and value. */
export const twoVariableMacros: readonly Macro[] = [
  fold2('all', 3, all),
  fold2('exists', 3, exists),
  fold2('existsOne', 3, existsOne),
  fold2('exists_one', 3, existsOne),
  fold2('transformList', 3, mapped),
  fold2('transformList', 4, mapped),
  fold2('transformMap', 3, transformMap),
  fold2('transformMap', 4, transformMap),
  fold2('transformMapEntry', 3, transformMapEntry),
  fold2('transformMapEntry', 4, transformMapEntry),
]

export const optionalMacros: readonly Macro[] = [
  optional('optMap', (make, value) => make.call('optional.of', value)),
  optional('optFlatMap', (_, value) => value),
]

/** @param args after the variables @param variables names, as in the call */
type Fold = (make: ExprFactory, args: readonly Expr[], variables: readonly Expr[]) => FoldParts
type FoldParts = Pick<ComprehensionExpr, 'accuInit' | 'condition' | 'step' | 'result'>

const notAVariable = new Map([
  ['map', 'argument is not an identifier'],
  ['filter', 'argument is not an identifier'],
])

function fold(name: string, args: number, parts: Fold): Macro {
  return {
    name,
    args,
    member: true,
    expand(make, target, given) {
      const iterVar = variableName(make, given[0]!, notAVariable.get(name) ?? 'argument must be a simple name')
      checkVariable(make, given[0]!, iterVar)
      const made = parts(make, given.slice(1), given.slice(0, 1))
      return make.comprehension({ range: target!, iterVar, iterVar2: undefined, accuVar: make.accumulator, ...made })
    },
  }
}

function fold2(name: string, args: number, parts: Fold): Macro {
  return {
    name,
    args,
    member: true,
    expand(make, target, given) {
      const [first, second] = [given[0]!, given[1]!]
      const iterVar = variableName(make, first, 'argument must be a simple name')
      const iterVar2 = variableName(make, second, 'argument must be a simple name')
      if (iterVar === iterVar2) throw new MacroError(second.id, `duplicate variable name: ${iterVar}`)
      checkVariable(make, first, iterVar)
      checkVariable(make, second, iterVar2)
      const made = parts(make, given.slice(2), [first, second])
      return make.comprehension({ range: target!, iterVar, iterVar2, accuVar: make.accumulator, ...made })
    },
  }
}

function variableName(_make: ExprFactory, expr: Expr, message: string): string {
  if (expr.kind !== 'ident') throw new MacroError(expr.id, message)
  return expr.name
}

function checkVariable(make: ExprFactory, expr: Expr, name: string): void {
  if (name === make.accumulator || name === '__result__')
    throw new MacroError(expr.id, 'iteration variable overwrites accumulator variable')
}

function has(make: ExprFactory, field: Expr): Expr {
  if (field.kind !== 'select' || field.test) throw new MacroError(field.id, 'invalid argument to has() macro')
  return make.presence(field.operand, field.field)
}

function all(make: ExprFactory, [predicate]: readonly Expr[]): FoldParts {
  const accuInit = make.literal(true)
  const condition = make.call('@not_strictly_false', make.accu())
  return { accuInit, condition, step: make.call('_&&_', make.accu(), predicate!), result: make.accu() }
}

function exists(make: ExprFactory, [predicate]: readonly Expr[]): FoldParts {
  const accuInit = make.literal(false)
  const condition = make.call('@not_strictly_false', make.call('!_', make.accu()))
  return { accuInit, condition, step: make.call('_||_', make.accu(), predicate!), result: make.accu() }
}

function existsOne(make: ExprFactory, [predicate]: readonly Expr[]): FoldParts {
  const accuInit = make.literal(0)
  const condition = make.literal(true)
  const counted = make.call('_+_', make.accu(), make.literal(1))
  const step = make.call('_?_:_', predicate!, counted, make.accu())
  return { accuInit, condition, step, result: make.call('_==_', make.accu(), make.literal(1)) }
}

/** With two arguments the first says which are taken. */
function mapped(make: ExprFactory, args: readonly Expr[]): FoldParts {
  const accuInit = make.list()
  const condition = make.literal(true)
  const added = make.call('_+_', make.accu(), make.list(args.at(-1)!))
  const step = args.length === 2 ? make.call('_?_:_', args[0]!, added, make.accu()) : added
  return { accuInit, condition, step, result: make.accu() }
}

function filtered(make: ExprFactory, [predicate]: readonly Expr[], [variable]: readonly Expr[]): FoldParts {
  const accuInit = make.list()
  const condition = make.literal(true)
  const added = make.call('_+_', make.accu(), make.list(variable!))
  return { accuInit, condition, step: make.call('_?_:_', predicate!, added, make.accu()), result: make.accu() }
}

function transformMap(make: ExprFactory, args: readonly Expr[], [key]: readonly Expr[]): FoldParts {
  const name = key!.kind === 'ident' ? key!.name : ''
  return gathered(make, args, (value) => make.call(mapInsert, make.accu(), make.ident(name), value))
}

function transformMapEntry(make: ExprFactory, args: readonly Expr[]): FoldParts {
  return gathered(make, args, (value) => make.call(mapInsert, make.accu(), value))
}

function gathered(make: ExprFactory, args: readonly Expr[], insert: (value: Expr) => Expr): FoldParts {
  const inserted = insert(args.at(-1)!)
  const step = args.length === 2 ? make.call('_?_:_', args[0]!, inserted, make.accu()) : inserted
  return { accuInit: make.map(), condition: make.literal(true), step, result: make.accu() }
}

/** `value.optMap(x, f)`: the value is bound by a fold over nothing, and computed twice, which its cost counts. */
function optional(name: string, wrap: (make: ExprFactory, value: Expr) => Expr): Macro {
  return {
    name,
    args: 2,
    member: true,
    expand(make, target, [variable, mapping]) {
      if (variable!.kind !== 'ident')
        throw new MacroError(variable!.id, `${name}() variable name must be a simple identifier`)
      const test = make.methodCall('hasValue', target!)
      const bound = make.comprehension({
        range: make.list(),
        iterVar: '#unused',
        iterVar2: undefined,
        accuVar: variable!.name,
        accuInit: make.methodCall('value', make.copy(target!)),
        condition: make.literal(false),
        step: make.ident(variable!.name),
        result: mapping!,
      })
      return make.call('_?_:_', test, wrap(make, bound), make.call('optional.none'))
    },
  }
}
