import { child, type FieldErrors } from '../../../api/index.js'
import { sortKeys } from './prune.js'

/** One thing wrong with a value, before it is told as a field error. Source: kube-openapi pkg/validation/errors. */
export type CheckError =
  | { readonly kind: 'required'; readonly name: string; readonly message: string }
  | {
      readonly kind: 'enum'
      readonly name: string
      readonly message: string
      readonly value: unknown
      readonly values: readonly string[]
    }
  | { readonly kind: 'tooLong'; readonly name: string; readonly message: string; readonly max: number }
  | {
      readonly kind: 'tooMany'
      readonly name: string
      readonly message: string
      readonly actual: number
      readonly max: number
    }
  | { readonly kind: 'type'; readonly name: string; readonly message: string; readonly value: unknown }
  | { readonly kind: 'invalid'; readonly name: string; readonly message: string; readonly value: unknown }
  /** Upstream's plain errors, which lose their place. */
  | { readonly kind: 'plain'; readonly message: string }

export const invalid = (name: string, message: string, value: unknown): CheckError => ({
  kind: 'invalid',
  name,
  message,
  value,
})

/** What was found in a value. `matches` counts the checks that applied: the branch of an anyOf with the most is told about. */
export class CheckResult {
  readonly errors: CheckError[] = []
  matches = 0

  merge(other: CheckResult): void {
    for (const error of other.errors) this.errors.push(error)
    this.matches += other.matches
  }
}

/** Tells the errors below `path`, those that read the same once. Source: kubeOpenAPIResultToFieldErrors. */
export function tellErrors({ errors: found }: CheckResult, path: string, errors: FieldErrors): void {
  const told = new Set<string>()
  for (const error of found) {
    if (told.has(error.message)) continue
    told.add(error.message)
    tell(error, path, errors)
  }
}

function tell(error: CheckError, root: string, errors: FieldErrors): void {
  const name = error.kind === 'plain' ? '' : error.name.replace(/^\./, '')
  const path = name === '' ? root || '<nil>' : child(root, name)
  switch (error.kind) {
    case 'required':
      errors.required(path)
      break
    case 'enum':
      errors.notSupportedInOrder(path, sortKeys(error.value), error.values)
      break
    case 'tooLong':
      errors.tooLong(path, error.max)
      break
    case 'tooMany':
      errors.tooMany(path, error.actual, error.max)
      break
    case 'type':
      errors.typeInvalid(path, sortKeys(error.value), error.message)
      break
    case 'invalid':
      errors.invalid(path, sortKeys(error.value), error.message)
      break
    case 'plain':
      errors.invalid(root || '<nil>', '', error.message)
      break
  }
}
