import { parseQuantity, type Quantity, quantityOf } from '../../api/index.js'
import type { Library } from '../library.js'
import { fixed } from '../ranges.js'
import { objectType, types } from '../types.js'
import { CelError, double, int, Opaque, type Value } from '../values.js'
import { walksText } from './costs.js'
import { fn, member, overload } from './declare.js'

export const quantityType = objectType('kubernetes.Quantity')

export class QuantityValue extends Opaque {
  readonly type = quantityType

  constructor(
    readonly quantity: Quantity,
    /** From `add` or `sub`. Upstream cannot compare anything with such a one: only the other way round. */
    readonly computed = false,
  ) {
    super()
  }

  equals(other: Opaque): boolean {
    if (!(other instanceof QuantityValue) || other.computed) throw new CelError('no such overload')
    return this.quantity.equals(other.quantity)
  }
}

/** Source: apiserver pkg/cel/library/quantity.go. */
export function quantityLibrary(): Library {
  const of = ({ quantity }: QuantityValue) => quantity
  const compare = (a: QuantityValue, b: QuantityValue) => of(a).compare(of(b))
  const added = (quantity: Quantity) => new QuantityValue(quantity, true)
  const pair = [quantityType, quantityType]
  const withInt = [quantityType, types.int]
  const scalar = (value: number | bigint) => quantityOf(value, 'DecimalExponent')
  return {
    name: 'kubernetes.quantity',
    equality: [{ type: quantityType, estimate: () => fixed(1) }],
    since: 28,
    functions: [
      fn('quantity', overload('string_to_quantity', [types.string], quantityType, read, walksText())),
      fn('isQuantity', overload('is_quantity_string', [types.string], types.bool, isQuantity, walksText())),
      fn(
        'sign',
        overload('quantity_sign', [quantityType], types.int, (q) => of(q).sign),
      ),
      fn(
        'isGreaterThan',
        member('quantity_is_greater_than', pair, types.bool, (a, b) => compare(a, b) === 1),
      ),
      fn(
        'isLessThan',
        member('quantity_is_less_than', pair, types.bool, (a, b) => compare(a, b) === -1),
      ),
      fn('compareTo', member('quantity_compare_to', pair, types.int, compare)),
      fn(
        'asApproximateFloat',
        member('quantity_get_float', [quantityType], types.double, (q) => double(of(q).asFloat())),
      ),
      fn('asInteger', member('quantity_get_int', [quantityType], types.int, asInteger)),
      fn(
        'isInteger',
        member('quantity_is_integer', [quantityType], types.bool, (q) => of(q).asInt64() !== undefined),
      ),
      fn(
        'add',
        member('quantity_add', pair, quantityType, (a, b) => added(of(a).add(of(b)))),
        member('quantity_add_int', withInt, quantityType, (a, b) => added(of(a).add(scalar(b)))),
      ),
      fn(
        'sub',
        member('quantity_sub', pair, quantityType, (a, b) => added(of(a).sub(of(b)))),
        member('quantity_sub_int', withInt, quantityType, (a, b) => added(of(a).sub(scalar(b)))),
      ),
    ],
  }
}

function read(text: string): QuantityValue {
  try {
    return new QuantityValue(parseQuantity(text))
  } catch (error) {
    throw new CelError((error as Error).message)
  }
}

function isQuantity(text: string): boolean {
  try {
    parseQuantity(text)
    return true
  } catch {
    return false
  }
}

function asInteger({ quantity }: QuantityValue): Value {
  const value = quantity.asInt64()
  if (value === undefined) throw new CelError('cannot convert value to integer')
  return int(value)
}
