import type { Expr } from '../ast.js'
import { type Checked, check } from '../check/checker.js'
import { Declarations } from '../check/declarations.js'
import { durationOfString, timestampOfString } from '../convert.js'
import { languageLibraries } from '../environment.js'
import { kubernetesLibraries } from '../library/kubernetes.js'
import type { Library } from '../library.js'
import { MapValue } from '../ops.js'
import { standardMacros } from '../parse/macros.js'
import { macroKey, parse } from '../parse/parser.js'
import { Frame } from '../plan/frame.js'
import { Planner } from '../plan/planner.js'
import { IssueList, Source } from '../source.js'
import { wellKnownTypes } from '../stdlib/well-known.js'
import { listOf, mapOf, nullableOf, objectType, opaqueType, type Type, typeOf, typeParam, types } from '../types.js'
import { CelError, double, int, Uint, type Value } from '../values.js'

/** A test of the specification, as JSON. */
export interface SpecTest {
  readonly original: {
    readonly name?: string
    readonly expr: string
    readonly container?: string
    readonly checkOnly?: boolean
    readonly disableCheck?: boolean
    readonly typeEnv?: readonly SpecDecl[]
    readonly bindings?: Readonly<Record<string, { readonly value: SpecValue }>>
    readonly value?: SpecValue
    readonly typedResult?: { readonly result?: SpecValue }
    readonly evalError?: object
  }
  readonly ast?: string
  readonly checkedAst?: string
  readonly type?: string
  readonly error?: string
}

export interface SpecSuite {
  readonly name: string
  readonly suites?: readonly SpecSuite[]
  readonly tests?: readonly SpecTest[]
}

interface SpecDecl {
  readonly name: string
  readonly ident?: { readonly type: SpecType }
  readonly function?: { readonly overloads: readonly SpecOverload[] }
}

interface SpecOverload {
  readonly overloadId: string
  readonly params?: readonly SpecType[]
  readonly resultType: SpecType
  readonly isInstanceFunction?: boolean
}

type SpecType = { readonly [kind: string]: unknown }
type SpecValue = { readonly [kind: string]: unknown }

/** Every test with the names of the suites that it is in. */
export function* allTests(suite: SpecSuite, path = ''): Generator<readonly [name: string, test: SpecTest]> {
  for (const test of suite.tests ?? []) {
    const name = test.original.name ?? test.original.expr.replaceAll(/\s+/g, ' ').trim()
    yield [path === '' ? name : `${path}/${name}`, test]
  }
  for (const inner of suite.suites ?? []) yield* allTests(inner, path === '' ? inner.name : `${path}/${inner.name}`)
}

export interface Compiled {
  readonly checked: Checked | undefined
  readonly parsed: ReturnType<typeof parse>
  readonly errors: string
}

/** Parses and checks; literals may mix types, as the specification has it and Kubernetes has not. */
export function compileSpec({ original }: SpecTest, libraries = kubernetesLibraries()): Compiled {
  const issues = new IssueList(new Source(original.expr))
  const declarations = declarationsOf(original, libraries)
  const parsed = parse(original.expr, declarations.macros, issues)
  if (issues.count > 0) return { checked: undefined, parsed, errors: String(issues.report()) }
  const checked = check(parsed.expr, declarations, parsed.offsets, issues)
  const errors = String(issues.report())
  return { checked: errors === '' ? checked : undefined, parsed, errors }
}

/** What the parser makes of an expression without the macros of libraries; undefined: nothing. */
export function parseSpec({ original }: SpecTest): Expr | undefined {
  const issues = new IssueList(new Source(original.expr))
  const macros = new Map(standardMacros.map((macro) => [macroKey(macro.name, macro.args, macro.member), macro]))
  const { expr } = parse(original.expr, macros, issues)
  return issues.count > 0 ? undefined : expr
}

/** @throws CelError */
export function evaluateSpec({ original }: SpecTest, checked: Checked): Value {
  const planner = new Planner(checked)
  const plan = planner.plan(checked.expr)
  const slots: (Value | undefined)[] = new Array(planner.slots)
  for (const [i, name] of planner.variables.entries()) {
    const binding = original.bindings?.[name]
    if (binding !== undefined) slots[i] = specValue(binding.value)
  }
  return plan.eval(new Frame(slots, Number.POSITIVE_INFINITY, undefined))
}

function declarationsOf(test: SpecTest['original'], libraries: readonly Library[]): Declarations {
  const variables: Record<string, Type> = {}
  if (test.typeEnv === undefined && test.bindings === undefined) Object.assign(variables, usualVariables)
  for (const name of Object.keys(test.bindings ?? {})) variables[name] = types.dyn
  const functions: NonNullable<Library['functions']>[number][] = [...usualFunctions]
  for (const { name, ident, function: declared } of test.typeEnv ?? []) {
    if (ident !== undefined) variables[name] = typeFrom(ident.type)
    if (declared === undefined) continue
    const overloads = declared.overloads.map(({ overloadId, params = [], resultType, isInstanceFunction = false }) => ({
      id: overloadId,
      args: params.map(typeFrom),
      result: typeFrom(resultType),
      member: isInstanceFunction,
      call: unbound,
    }))
    functions.push({ name, overloads })
  }
  return new Declarations({
    libraries: [...languageLibraries(), ...libraries, { name: 'test', functions }],
    variables,
    types: wellKnownTypes,
    container: test.container ?? '',
    version: undefined,
  })
}

/** What cel-go's own tests declare. */
const usualVariables: Readonly<Record<string, Type>> = {
  is: types.string,
  ii: types.int,
  iu: types.uint,
  iz: types.bool,
  ib: types.bytes,
  id: types.double,
  ix: types.null,
}
const unbound = (): Value => {
  throw new CelError('unbound function')
}
const usualFunctions: NonNullable<Library['functions']> = [
  { name: 'fg_s', overloads: [{ id: 'fg_s_0', args: [], result: types.string, call: unbound }] },
  {
    name: 'fi_s_s',
    overloads: [{ id: 'fi_s_s_0', member: true, args: [types.string], result: types.string, call: unbound }],
  },
]

const primitives: Readonly<Record<string, Type>> = {
  BOOL: types.bool,
  INT64: types.int,
  UINT64: types.uint,
  DOUBLE: types.double,
  STRING: types.string,
  BYTES: types.bytes,
}

function typeFrom(type: SpecType): Type {
  const [[kind, value]] = Object.entries(type) as [[string, never]]
  switch (kind) {
    case 'primitive':
      return primitives[value]!
    case 'wrapper':
      return nullableOf(primitives[value]!)
    case 'wellKnown':
      return { ANY: types.any, TIMESTAMP: types.timestamp, DURATION: types.duration }[value as string] ?? types.dyn
    case 'null':
      return types.null
    case 'dyn':
      return types.dyn
    case 'listType':
      return listOf(inner(value, 'elemType'))
    case 'mapType':
      return mapOf(inner(value, 'keyType'), inner(value, 'valueType'))
    case 'messageType':
      return [types.duration, types.timestamp, types.any].find(({ name }) => name === value) ?? objectType(value)
    case 'typeParam':
      return typeParam(value)
    case 'type':
      return Object.keys(value).length === 0 ? types.type : typeOf(typeFrom(value))
    case 'abstractType': {
      const { name, parameterTypes = [] } = value as { name: string; parameterTypes?: SpecType[] }
      return opaqueType(name, ...parameterTypes.map(typeFrom))
    }
    default:
      throw new Error(`type ${kind}`)
  }
}

const inner = (value: Record<string, SpecType>, key: string): Type =>
  value[key] === undefined ? types.dyn : typeFrom(value[key])

/** @throws Error for a protobuf message that is no value of the language's own */
export function specValue(value: SpecValue): Value {
  const [[kind, held]] = Object.entries(value) as [[string, never]]
  switch (kind) {
    case 'nullValue':
      return null
    case 'boolValue':
    case 'stringValue':
      return held
    case 'int64Value':
      return int(BigInt(held))
    case 'uint64Value':
      return new Uint(BigInt(held))
    case 'doubleValue':
      return double(Number(held))
    case 'bytesValue':
      return Uint8Array.from(Buffer.from(held, 'base64'))
    case 'listValue':
      return ((held as { values?: SpecValue[] }).values ?? []).map(specValue)
    case 'mapValue': {
      const map = new MapValue()
      for (const entry of (held as { entries?: { key: SpecValue; value: SpecValue }[] }).entries ?? [])
        map.set(specValue(entry.key), specValue(entry.value))
      return map
    }
    case 'typeValue':
      return typeNamed(held)
    case 'objectValue':
      return messageValue(held)
    default:
      throw new Error(`a ${kind}`)
  }
}

const named = [types.bool, types.int, types.uint, types.double, types.string, types.bytes, types.null, types.type]

function typeNamed(name: string): Type {
  const known = [...named, types.timestamp, types.duration, listOf(types.dyn), mapOf(types.dyn, types.dyn)]
  return known.find((type) => type.name === name) ?? opaqueType(name)
}

function messageValue(message: { readonly '@type': string; readonly value: string }): Value {
  if (message['@type'].endsWith('/google.protobuf.Duration')) return durationOfString(message.value)
  if (message['@type'].endsWith('/google.protobuf.Timestamp')) return timestampOfString(message.value)
  throw new Error(`a ${message['@type']}`)
}
