import {
  type Compiled,
  double,
  Environment,
  Fields,
  isList,
  itemsOf,
  kubernetesLibraries,
  listOf,
  mapOf,
  type ObjectType,
  objectType,
  type PlainObject,
  type Program,
  types,
  type Value,
} from '../../cel/index.js'
import type { UserInfo } from '../../http/index.js'
import type { Expression, ExpressionCompiler } from './expressions.js'
import { unescapeName } from './unescape-name.js'

/** Kubernetes' limit of one evaluation. */
const budget = 1_000_000

/** Expressions in CEL, about `claims` and about `user`. Source: apiserver pkg/authentication/cel. */
export function celExpressions(): ExpressionCompiler {
  const libraries = kubernetesLibraries()
  const claims = new Environment({ libraries, variables: { claims: mapOf(types.string, types.any) } })
  const user = new Environment({ libraries, variables: { user: userType }, types: { find: findUser } })
  return {
    compileClaims: (text, result) => expression(claims, 'claims', text, result),
    compileUser: (text) => expression(user, 'user', text, 'bool'),
    claims: (all) => new Members(all),
    user: ({ name, uid = '', groups, extra = {} }: UserInfo) => ({
      username: name,
      uid,
      groups: [...groups],
      extra: new Members(extra),
    }),
  }
}

function expression(environment: Environment, variable: string, text: string, result: 'any' | 'bool'): Expression {
  const { compiled, issues } = environment.compile(text)
  if (compiled === undefined) throw new Error(`compilation failed: ${String(issues)}`)
  if (result === 'bool' && compiled.type.kind !== 'bool') throw new Error('must evaluate to bool')
  let program: Program
  try {
    program = compiled.program()
  } catch (error) {
    throw new Error(`program instantiation failed: ${(error as { message: string }).message}`)
  }
  return {
    text,
    reads: (claim) => reads(compiled.expr, variable, claim),
    evaluate(input) {
      const { value, error } = program.evaluate({ [variable]: input as Value }, { budget })
      if (error !== undefined) throw new Error(`expression '${text}' resulted in error: ${error.message}`)
      return isList(value) ? [...itemsOf(value)] : value
    },
  }
}

type Expr = Compiled['expr']

/** Whether an expression selects `variable.field`, for sure: it may do so in other ways that cannot be seen. */
function reads(expr: Expr, variable: string, field: string): boolean {
  const inside = (...all: readonly (Expr | undefined)[]): boolean =>
    all.some((one) => one !== undefined && reads(one, variable, field))
  const isVariable = (one: Expr | undefined): boolean => one?.kind === 'ident' && one.name === variable
  switch (expr.kind) {
    case 'select':
      return (expr.field === field && isVariable(expr.operand)) || inside(expr.operand)
    case 'call': {
      const [of, name] = expr.args
      const isOptional = expr.name === '_?._' && expr.target === undefined && expr.args.length === 2
      if (isOptional && isVariable(of) && name?.kind === 'literal' && name.value === field) return true
      return inside(...expr.args, expr.target)
    }
    case 'list':
      return inside(...expr.elements)
    case 'map':
      return expr.entries.some(({ key, value }) => inside(key, value))
    case 'struct':
      return expr.fields.some(({ value }) => inside(value))
    case 'comprehension':
      return inside(expr.range, expr.accuInit, expr.condition, expr.step, expr.result)
    default:
      return false
  }
}

/** JSON as expressions see it here: numbers are doubles, and members may be named in the escaped form. */
class Members extends Fields {
  readonly #members: Readonly<Record<string, unknown>>

  constructor(members: Readonly<Record<string, unknown>>) {
    super()
    this.#members = members
  }

  get size(): number {
    return Object.keys(this.#members).length
  }

  get(key: Value): Value | undefined {
    if (typeof key !== 'string') return undefined
    const name = unescapeName(key) ?? key
    return Object.hasOwn(this.#members, name) ? seen(this.#members[name]) : undefined
  }

  keys(): readonly Value[] {
    return Object.keys(this.#members)
  }
}

function seen(value: unknown): Value {
  if (typeof value === 'number') return double(value)
  if (Array.isArray(value)) return value.map(seen)
  if (typeof value === 'object' && value !== null) return new Members(value as Record<string, unknown>)
  return value as Value
}

const userType = objectType('kubernetes.UserInfo')

const userFields = new Map([
  ['username', types.string],
  ['uid', types.string],
  ['groups', listOf(types.string)],
  ['extra', mapOf(types.string, listOf(types.string))],
])

const userInfo: ObjectType = {
  type: userType,
  field(name) {
    const type = userFields.get(name)
    return type === undefined ? undefined : { type, read: (user) => (user as PlainObject)[name] }
  },
}

const findUser = (name: string): ObjectType | undefined => (name === 'kubernetes.UserInfo' ? userInfo : undefined)
