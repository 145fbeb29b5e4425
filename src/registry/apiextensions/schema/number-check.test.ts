import { expect, test } from 'vitest'
import { FieldErrors } from '../../../api/index.js'
import { CheckResult, tellErrors } from './check-result.js'
import type { JsonSchema } from './json-schema.js'
import { isJsonInteger, numberCheck } from './number-check.js'

function told(schema: JsonSchema, value: number | bigint): string {
  const out = new CheckResult()
  numberCheck(schema, String(schema.type), '')(value, 'n', out)
  const errors = new FieldErrors()
  tellErrors(out, '', errors)
  return errors.empty ? '' : errors.message
}
const outside = (what: string): string =>
  `<nil>: Invalid value: "": ${what} boundary value must be of type integer (default format) in n`

test.each<[JsonSchema, number | bigint, string]>([
  [
    { type: 'number', maximum: 1000000 },
    2000000,
    'n: Invalid value: 2000000: n in body should be less than or equal to 1000000',
  ],
  [
    { type: 'number', maximum: 1000000 },
    2000000.5,
    'n: Invalid value: 2.0000005e+06: n in body should be less than or equal to 1e+06',
  ],
  [
    { type: 'number', minimum: 0.00001 },
    -0.000001,
    'n: Invalid value: -1e-06: n in body should be greater than or equal to 1e-05',
  ],
  [{ type: 'number', maximum: 5, exclusiveMaximum: true }, 5, 'n: Invalid value: 5: n in body should be less than 5'],
  [{ type: 'number', maximum: 5 }, 5, ''],
  [{ type: 'number', maximum: 1.5 }, 2, 'n: Invalid value: 2: n in body should be less than or equal to 1'],
  [
    { type: 'number', maximum: 1e21 },
    3,
    'n: Invalid value: 3: n in body should be less than or equal to -9223372036854775808',
  ],
  [{ type: 'number', minimum: 1e21 }, 3, ''],
  [{ type: 'integer', minimum: 9007199254740992 }, 9007199254740995n, ''],
  [
    { type: 'integer', maximum: 1234567.5 },
    2000000,
    `[${outside('Maximum')}, n: Invalid value: 2e+06: n in body should be less than or equal to 1.2345675e+06]`,
  ],
  [
    { type: 'integer', minimum: 0.5, exclusiveMinimum: true },
    0,
    `[${outside('Minimum')}, n: Invalid value: 0: n in body should be greater than 0.5]`,
  ],
  [
    { type: 'number', multipleOf: 1000000 },
    1500000,
    'n: Invalid value: 1500000: n in body should be a multiple of 1000000',
  ],
  [{ type: 'number', multipleOf: 1000000 }, 1.5, 'n: Invalid value: 1.5: n in body should be a multiple of 1e+06'],
  [{ type: 'number', multipleOf: 0.1 }, 0.3, ''],
  [
    { type: 'number', multipleOf: 1e21 },
    3,
    'n: Invalid value: -9223372036854775808: factor MultipleOf declared for n must be positive: -9223372036854775808',
  ],
])('%j of %s', (schema, value, want) => expect(told(schema, value)).toBe(want))

test.each<[number, boolean]>([
  [7, true],
  [-7, true],
  [7.5, false],
  [123456789.12345679, true],
  [-123456789.12345679, false],
  [1e-27, false],
  [2.0000000001, true],
  [1e300, false],
  [Number.NaN, false],
])('an integer as far as rounding lets one tell: %s', (value, want) => expect(isJsonInteger(value)).toBe(want))
