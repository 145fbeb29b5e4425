import type { Expr } from '../ast.js'
import type { CallNode, CostNode, Library, Overload, Range } from '../library.js'
import { type ExprFactory, type Macro, MacroError } from '../macro.js'
import { compare as compareValues, equal as equalValues } from '../ops.js'
import { addRanges, fixed, multiplyRanges, scaleRange, stringTraversalFactor, unlimited } from '../ranges.js'
import { sizeOfValue } from '../sizes.js'
import { listOf, type Type, typeParam, types } from '../types.js'
import { CelError, isList, itemsOf, type List, typeOfValue, type Value } from '../values.js'
import { fn, member, overload } from './declare.js'

type Values = readonly Value[] | List
type Int = number | bigint

const item = typeParam('T')
const list = listOf(item)

const sortable: readonly Type[] = [
  types.int,
  types.uint,
  types.double,
  types.bool,
  types.duration,
  types.timestamp,
  types.string,
  types.bytes,
]

/** What a call costs that makes a list: dispatch and allocation. */
const allocation = 11
/** `lists.range` makes no longer ones: upstream has no bound but memory. */
const maxRange = 1_000_000

/** cel-go's lists library in version 3; Kubernetes has it from 1.34 on. Source: cel-go ext/lists.go. */
export function extendedListsLibrary(): Library {
  return {
    name: 'cel.lib.ext.lists',
    since: 34,
    macros: [sortBy],
    functions: [
      fn(
        'slice',
        member('list_slice', [list, types.int, types.int], list, slice, { cost: outputCost, estimate: slicing }),
      ),
      fn(
        'flatten',
        flattening('list_flatten', [listOf(list)], list),
        flattening('list_flatten_int', [listOf(types.dyn), types.int], listOf(types.dyn)),
      ),
      {
        name: 'sort',
        costByOverload: true,
        overloads: sortable.map((type) => ({
          ...member(
            `list_${type.name}_sort`,
            [listOf(type)],
            listOf(type),
            (values: Values) => sortByKeys(values, values),
            {
              cost: ([values]) => selfComparison(values as Values),
              estimate: ({ target, sizeOf }) => target && sorting(sizeOf(target), type),
            },
          ),
          anyItems: true,
        })),
      },
      {
        name: '@sortByAssociatedKeys',
        costByOverload: true,
        overloads: sortable.map((type) => ({
          ...member(`list_${type.name}_sortByAssociatedKeys`, [list, listOf(type)], list, sortByKeys, {
            cost: ([, keys]) => selfComparison(keys as Values),
            estimate: ({ args, sizeOf }) => args[0] && sorting(sizeOf(args[0]), type),
          }),
          anyItems: true,
        })),
      },
      fn(
        'lists.range',
        overload('lists_range', [types.int], listOf(types.int), range, {
          // Told from the argument, so that a list that is too long is not even made.
          cost: ([count]) => Math.max(Number(count), 0) + allocation,
          estimate: ({ args }) => allocating(1, fixed(literalInt(args[0]!, unlimited))),
        }),
      ),
      fn(
        'reverse',
        member('list_reverse', [list], list, (values: Values) => [...itemsOf(values)].reverse(), {
          cost: outputCost,
          estimate: ({ target, sizeOf }) => target && allocating(1, sizeOf(target)),
        }),
      ),
      fn(
        'distinct',
        member('list_distinct', [list], list, distinct, {
          cost: ([values]) => selfComparison(values as Values),
          estimate({ target, sizeOf }) {
            if (target === undefined) return undefined
            const size = sizeOf(target)
            return allocating(2, multiplyRanges(size, size))
          },
        }),
      ),
    ],
  }
}

function slicing({ target, args, sizeOf }: CallNode) {
  if (target === undefined) return undefined
  const start = literalInt(args[0]!, 0)
  const end = literalInt(args[1]!, sizeOf(target).max)
  return allocating(1, fixed(end < start ? unlimited : end - start))
}

function flattening(id: string, args: readonly Type[], result: Type): Overload {
  const declared = member(id, args, result, (values: Values, depth: Int = 1) => flatten(values, Number(depth)), {
    cost: ([values, depth]) => Math.floor(sizeOfValue(values!) * Number((depth as Int) ?? 1)) + allocation,
    estimate({ target, args: [depth], sizeOf }) {
      if (target === undefined) return undefined
      return allocating(depth === undefined ? 1 : literalInt(depth, unlimited), sizeOf(target))
    },
  })
  // A list that is flat already stays as it is.
  return { ...declared, anyItems: true }
}

function slice(values: Values, start: Int, end: Int): Value[] {
  const items = itemsOf(values)
  const fail = (why: string) => new CelError(`cannot slice(${start}, ${end}), ${why}`)
  if (start < 0 || end < 0) throw fail('negative indexes not supported')
  if (start > end) throw fail('start index must be less than or equal to end index')
  if (items.length < end) throw fail(`list is length ${items.length}`)
  return items.slice(Number(start), Number(end))
}

function flatten(values: Values, depth: number): Value[] {
  if (depth < 0) throw new CelError('level must be non-negative')
  return itemsOf(values).flatMap((own) => (isList(own) && depth > 0 ? flatten(own, depth - 1) : [own]))
}

function range(count: Int): Value[] {
  if (count > maxRange) throw new CelError(`lists.range is limited to ${maxRange} elements`)
  return Array.from({ length: Math.max(Number(count), 0) }, (_, i) => i)
}

function distinct(values: Values): Value[] {
  const kept: Value[] = []
  const seen = new Set<Value>()
  for (const own of itemsOf(values)) {
    // Strings and booleans equal nothing but themselves; everything else is compared one by one.
    const simple = typeof own === 'string' || typeof own === 'boolean'
    if (simple ? seen.has(own) : kept.some((other) => equalValues(own, other))) continue
    if (simple) seen.add(own)
    kept.push(own)
  }
  return kept
}

function sortByKeys(values: Values, keys: Values): Value[] {
  const items = itemsOf(values)
  const by = itemsOf(keys)
  if (items.length !== by.length)
    throw new CelError(
      `@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got ${items.length} and ${by.length} elements respectively`,
    )
  if (items.length === 0) return []
  const { kind } = typeOfValue(by[0]!)
  if (!comparableKinds.has(kind)) throw new CelError('list elements must be comparable')
  if (by.some((key) => typeOfValue(key).kind !== kind)) throw new CelError('list elements must have the same type')
  const order = items.map((_, i) => i).sort((a, b) => compareValues(by[a]!, by[b]!))
  return order.map((i) => items[i]!)
}

const comparableKinds: ReadonlySet<string> = new Set(sortable.map(({ kind }) => kind))

const outputCost = (_: readonly Value[], result: Value): number => sizeOfValue(result) + allocation

/** At worst everything is compared with everything. */
function selfComparison(values: Values): number {
  const items = itemsOf(values)
  const first = items[0]
  const isText = typeof first === 'string' || first instanceof Uint8Array
  return Math.floor(items.length ** 2 * (2 + (isText ? stringTraversalFactor : 0))) + allocation
}

function sorting(size: Range, type: Type) {
  const isText = type.kind === 'string' || type.kind === 'bytes'
  return allocating(2 + (isText ? stringTraversalFactor : 0), multiplyRanges(size, size))
}

const allocating = (factor: number, size: Range) => ({
  cost: addRanges(scaleRange(size, factor), fixed(allocation)),
  resultSize: size,
})

function literalInt({ expr }: CostNode, fallback: number): number {
  if (expr?.kind !== 'literal') return fallback
  const { value } = expr
  return typeof value === 'number' && Number.isSafeInteger(value) ? Math.max(value, 0) : fallback
}

const sortBy: Macro = {
  name: 'sortBy',
  args: 2,
  member: true,
  expand(make: ExprFactory, target: Expr | undefined, args: readonly Expr[]) {
    if (target === undefined) return undefined
    if (!['list', 'select', 'ident', 'comprehension', 'call'].includes(target.kind))
      throw new MacroError(
        target.id,
        'sortBy can only be applied to a list, identifier, comprehension, call or select expression',
      )
    const [variable, key] = args as readonly [Expr, Expr]
    if (variable.kind !== 'ident') throw new MacroError(variable.id, 'argument is not an identifier')
    const input = '@__sortBy_input__'
    const keys = make.comprehension({
      range: make.ident(input),
      iterVar: variable.name,
      iterVar2: undefined,
      accuVar: make.accumulator,
      accuInit: make.list(),
      condition: make.literal(true),
      step: make.call('_+_', make.accu(), make.list(key)),
      result: make.accu(),
    })
    // A fold over nothing: it only gives the list a name.
    return make.comprehension({
      range: make.list(),
      iterVar: '#unused',
      iterVar2: undefined,
      accuVar: input,
      accuInit: target,
      condition: make.literal(false),
      step: make.ident(input),
      result: make.methodCall('@sortByAssociatedKeys', make.ident(input), keys),
    })
  },
}
