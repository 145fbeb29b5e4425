// What is loaded with the first policy that is bound, or the first webhook with conditions.
export { RequestChecks } from '../expressions/checks.js'
export { evaluateConditions } from '../expressions/conditions.js'
export { requestValue } from '../expressions/request-value.js'
export { compileConditions, compileMutating, compileValidating } from './compile.js'
export { reviewMutating } from './mutating.js'
export { reviewValidating } from './validating.js'
