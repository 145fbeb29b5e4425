import { expect, it } from 'vitest'
import { listOf, types } from '../../../cel/index.js'
import { ExpressionCompiler, type ExpressionScope } from './expression-compiler.js'
import { configurationObject } from './object-types.js'

const { bool, string } = types
const scope: ExpressionScope = { params: false, authorizer: true }
const told = (text: string, returns = [bool], more: Partial<ExpressionScope> = {}): string | undefined =>
  new ExpressionCompiler(false).compile(text, returns, { ...scope, ...more }, false).error?.detail

it.each([
  ["object.metadata.name == 'a' && oldObject == null", undefined],
  ["request.userInfo.username == 'a' && 'g' in request.userInfo.groups", undefined],
  ["namespaceObject.metadata.labels['a'] == 'b'", undefined],
  ["authorizer.group('').resource('pods').check('get').allowed()", undefined],
  ["authorizer.requestResource.check('get').allowed()", undefined],
  ['1', 'must evaluate to bool but got int'],
  ['object.spec.paused', 'must evaluate to bool but got dyn'],
  ['request.nope == 1', "compilation failed: ERROR: <input>:1:8: undefined field 'nope'"],
  ['params.a == 1', "compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')"],
  ['variables.a == 1', "compilation failed: ERROR: <input>:1:1: undeclared reference to 'variables' (in container '')"],
  ['Object{spec: Object.spec{}} == object', "compilation failed: ERROR: <input>:1:7: undeclared reference to 'Object'"],
])('%s', (text, wrong) => {
  if (wrong === undefined) expect(told(text)).toBeUndefined()
  else expect(told(text)).toContain(wrong)
})

it('knows parameters and the authorizer only where there are any', () => {
  expect(told('params.a == 1', [bool], { params: true })).toBeUndefined()
  const asking = "authorizer.path('/x').check('get').allowed()"
  expect(told(asking, [bool], { authorizer: false })).toContain("undeclared reference to 'authorizer'")
})

it('tells all types that it would take', () => {
  expect(told('1', [string, types.null])).toBe('must evaluate to one of [string null_type] but got int')
  expect(told("{'a': [1]}", [listOf(string)])).toBe('must evaluate to list(string) but got map(string, list(int))')
})

it('writes patches where they are wanted', () => {
  const patches = { patches: true }
  const text = "Object{metadata: Object.metadata{labels: {'a': 'b'}}}"
  expect(told(text, [configurationObject], patches)).toBeUndefined()
  expect(told("jsonpatch.escapeKey('a/b') == 'a~1b'", [bool], patches)).toBeUndefined()
})

it('makes variables known with their types, to those after them', () => {
  const compiler = new ExpressionCompiler(true)
  const variable = (name: string, text: string) => compiler.compileVariable(name, text, scope, false).error?.detail
  expect(variable('first', 'variables.second')).toContain("undefined field 'second'")
  expect(variable('second', "['a']")).toBeUndefined()
  expect(variable('third', 'object.metadata')).toBeUndefined()
  const compile = (text: string) => compiler.compile(text, [bool], scope, false).error?.detail
  expect(compile("variables.second[0] == 'a' && variables.third.name == 'b'")).toBeUndefined()
  expect(compile('variables.second[0] == 1')).toContain("found no matching overload for '_==_'")
  // What does not compile may be anything.
  expect(compile('variables.first == 1')).toBeUndefined()
})

it('holds new expressions to the release that has to understand them', () => {
  const wrong = (compatibleMinor: number, stored: boolean) =>
    new ExpressionCompiler(false, compatibleMinor).compile('[1].distinct() == [1]', [bool], scope, stored).error
  expect(wrong(34, false)).toBeUndefined()
  expect(wrong(33, false)?.detail).toContain("undeclared reference to 'distinct'")
  expect(wrong(33, true)).toBeUndefined()
})
