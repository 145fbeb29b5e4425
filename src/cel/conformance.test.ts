import { tests as checking } from '@bufbuild/cel-spec/testdata/checking.js'
import { tests as comprehension } from '@bufbuild/cel-spec/testdata/comprehension.js'
import { tests as conformance } from '@bufbuild/cel-spec/testdata/conformance.js'
import { tests as parsing } from '@bufbuild/cel-spec/testdata/parsing.js'
import { describe, expect, test } from 'vitest'
import { equal } from './ops.js'
import { debugString, kinds, meanings } from './testing/debug.js'
import exceptions from './testing/exceptions.json' with { type: 'json' }
import {
  allTests,
  compileSpec,
  evaluateSpec,
  parseSpec,
  type SpecSuite,
  type SpecTest,
  specValue,
} from './testing/spec.js'
import { CelError, isDouble, toNumber, type Value } from './values.js'

/** Why a test is not met: what Kubernetes' environment does not have. A test that is met may not be listed. */
const excepted: ReadonlyMap<string, string> = new Map(
  Object.entries<readonly string[]>(exceptions).flatMap(([reason, names]) => names.map((name) => [name, reason])),
)

const suites: readonly (readonly [name: string, suite: SpecSuite, fault: (test: SpecTest) => string | undefined])[] = [
  ['parsing', parsing as unknown as SpecSuite, parseFault],
  ['checking', checking as unknown as SpecSuite, checkFault],
  ['comprehension', comprehension as unknown as SpecSuite, truthFault],
  ['conformance', conformance as unknown as SpecSuite, (test) => parseFault(test) ?? resultFault(test)],
]

for (const [name, suite, fault] of suites) {
  const sections = suite.suites === undefined ? [suite] : suite.suites
  describe(name, () => {
    for (const section of sections) {
      test(section.name, () => {
        const faults: Record<string, string> = {}
        for (const [path, spec] of allTests(section, section === suite ? name : `${name}/${section.name}`)) {
          const found = attempt(fault, spec)
          if (found !== undefined && !excepted.has(path)) faults[path] = found
          if (found === undefined && excepted.has(path)) faults[path] = 'is met, but listed as an exception'
        }
        expect(faults).toEqual({})
      })
    }
  })
}

function attempt(fault: (test: SpecTest) => string | undefined, spec: SpecTest): string | undefined {
  try {
    return fault(spec)
  } catch (error) {
    return String((error as Error).message)
  }
}

function parseFault(spec: SpecTest): string | undefined {
  if (spec.ast === undefined) return undefined
  const parsed = parseSpec(spec)
  const got = parsed === undefined ? 'nothing' : debugString(parsed, kinds)
  return got === spec.ast ? undefined : `parsed as ${got}, not ${spec.ast}`
}

function checkFault(spec: SpecTest): string | undefined {
  const fault = parseFault(spec)
  if (fault !== undefined) return fault
  const { checked, errors } = compileSpec(spec)
  if (spec.checkedAst === undefined) return errors === spec.error ? undefined : `said ${errors}, not ${spec.error}`
  if (checked === undefined) return errors
  const got = debugString(checked.expr, meanings(checked))
  return got === spec.checkedAst ? undefined : `checked as ${got}, not ${spec.checkedAst}`
}

function truthFault(spec: SpecTest): string | undefined {
  return resultFault({ ...spec, original: { ...spec.original, value: { boolValue: true } } })
}

function resultFault(spec: SpecTest): string | undefined {
  const { original } = spec
  const { checked, errors } = compileSpec(spec)
  if (checked === undefined) return original.evalError !== undefined ? undefined : errors
  if (original.checkOnly === true) return undefined
  let got: Value
  try {
    got = evaluateSpec(spec, checked)
  } catch (error) {
    if (!(error instanceof CelError)) throw error
    return original.evalError !== undefined ? undefined : `failed: ${error.message}`
  }
  if (original.evalError !== undefined) return 'did not fail'
  const wanted = specValue(original.value ?? original.typedResult?.result ?? { boolValue: true })
  if (equal(got, wanted)) return undefined
  const bothNan = isDouble(got) && isDouble(wanted) && Number.isNaN(toNumber(got)) && Number.isNaN(toNumber(wanted))
  return bothNan ? undefined : `gave ${String(got)}`
}
