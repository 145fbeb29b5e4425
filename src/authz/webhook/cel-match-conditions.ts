import {
  Environment,
  kubernetesLibraries,
  listOf,
  mapOf,
  type ObjectType,
  objectType,
  type PlainObject,
  type Program,
  type Type,
  types,
  type Value,
} from '../../cel/index.js'
import type { MatchConditionCompiler } from './match-conditions.js'
import type { ReviewSpec, SelectorRequirement } from './review.js'

/** Kubernetes' limit of one evaluation. */
const budget = 1_000_000

/** Expressions about `request`, the spec of a SubjectAccessReview. Source: apiserver pkg/authorization/cel. */
export function celMatchConditions(): MatchConditionCompiler {
  const environment = new Environment({
    libraries: kubernetesLibraries(),
    variables: { request: objectType('kubernetes.SubjectAccessReviewSpec') },
    types: { find: (name) => objects.get(name) },
  })
  return {
    problem(expression) {
      const made = compiled(environment, expression)
      return typeof made === 'string' ? made : undefined
    },
    matcher(expressions, observe) {
      if (expressions.length === 0) return undefined
      const programs = expressions.map((text) => {
        const program = compiled(environment, text)
        if (typeof program === 'string') throw new Error(program)
        return { text, program }
      })
      return (spec) => {
        const began = performance.now()
        const outcome = judged(programs, requestOf(spec))
        const name = outcome instanceof Error ? 'failed' : outcome ? 'matched' : 'excluded'
        observe(name, (performance.now() - began) / 1000)
        return outcome
      }
    },
  }
}

function compiled(environment: Environment, text: string): Program | string {
  const { compiled: made, issues } = environment.compile(text)
  if (made === undefined) return `compilation failed: ${String(issues)}`
  if (made.type.kind !== 'bool') return `must evaluate to bool but got ${String(made.type)}`
  try {
    return made.program()
  } catch (error) {
    return `program instantiation failed: ${(error as { message: string }).message}`
  }
}

/** One that does not hold excludes, whatever goes wrong with others. */
function judged(
  programs: readonly { readonly text: string; readonly program: Program }[],
  request: Value,
): boolean | Error {
  const problems: string[] = []
  for (const { text, program } of programs) {
    const { value, error } = program.evaluate({ request }, { budget })
    if (error !== undefined)
      problems.push(`cel evaluation error: expression '${text}' resulted in error: ${error.message}`)
    else if (value !== true) return false
  }
  if (problems.length === 0) return true
  return new Error(problems.length === 1 ? problems[0] : `[${[...new Set(problems)].join(', ')}]`)
}

/** Texts that are empty are there all the same, as upstream shows them to expressions. */
function requestOf(spec: ReviewSpec): Value {
  const { user = '', groups = [], uid = '', extra = {}, resourceAttributes: resource, nonResourceAttributes } = spec
  const value: Record<string, unknown> = { user, groups, uid, extra }
  if (resource !== undefined) {
    const empty = { namespace: '', verb: '', group: '', version: '', resource: '', subresource: '', name: '' }
    const { fieldSelector, labelSelector, ...attributes } = resource
    value.resourceAttributes = {
      ...empty,
      ...attributes,
      ...(fieldSelector === undefined ? {} : { fieldSelector: selectorOf(fieldSelector) }),
      ...(labelSelector === undefined ? {} : { labelSelector: selectorOf(labelSelector) }),
    }
  }
  if (nonResourceAttributes !== undefined) {
    const { path = '', verb = '' } = nonResourceAttributes
    value.nonResourceAttributes = { path, verb }
  }
  return value as Value
}

const selectorOf = ({ requirements }: { readonly requirements: readonly SelectorRequirement[] }): object => ({
  requirements: requirements.map((one) => ({ values: [], ...one })),
})

const object = (name: string, fields: Readonly<Record<string, Type>>): [string, ObjectType] => {
  const known = new Map(Object.entries(fields))
  return [
    name,
    {
      type: objectType(name),
      field(field) {
        const type = known.get(field)
        return type === undefined ? undefined : { type, read: (value) => (value as PlainObject)[field] }
      },
    },
  ]
}

const texts = (...names: readonly string[]): Record<string, Type> =>
  Object.fromEntries(names.map((name) => [name, types.string]))

const requirement = 'kubernetes.SelectorRequirement'
const selector = (name: string): [string, ObjectType] =>
  object(name, { rawSelector: types.string, requirements: listOf(objectType(requirement)) })

const objects: ReadonlyMap<string, ObjectType> = new Map([
  object('kubernetes.SubjectAccessReviewSpec', {
    ...texts('user', 'uid'),
    groups: listOf(types.string),
    extra: mapOf(types.string, listOf(types.string)),
    resourceAttributes: objectType('kubernetes.ResourceAttributes'),
    nonResourceAttributes: objectType('kubernetes.NonResourceAttributes'),
  }),
  object('kubernetes.ResourceAttributes', {
    ...texts('namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name'),
    fieldSelector: objectType('kubernetes.FieldSelectorAttributes'),
    labelSelector: objectType('kubernetes.LabelSelectorAttributes'),
  }),
  object('kubernetes.NonResourceAttributes', texts('path', 'verb')),
  selector('kubernetes.FieldSelectorAttributes'),
  selector('kubernetes.LabelSelectorAttributes'),
  object(requirement, { ...texts('key', 'operator'), values: listOf(types.string) }),
])
