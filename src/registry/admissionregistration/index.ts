import type { ResourceRules } from '../rules.js'
import { mutatingadmissionpolicies } from './mutatingadmissionpolicies.js'
import { mutatingadmissionpolicybindings } from './mutatingadmissionpolicybindings.js'
import { mutatingwebhookconfigurations } from './mutatingwebhookconfigurations.js'
import { validatingadmissionpolicies } from './validatingadmissionpolicies.js'
import { validatingadmissionpolicybindings } from './validatingadmissionpolicybindings.js'
import { validatingwebhookconfigurations } from './validatingwebhookconfigurations.js'

export type { CompiledExpression, ExpressionScope } from './cel/expression-compiler.js'
export { expressionTools, loadExpressions } from './cel/load-expressions.js'
export type { Configuration } from './cel/object-types.js'

/** The admissionregistration.k8s.io group's resources that have rules of their own. */
export const admissionregistration: Readonly<Record<string, ResourceRules>> = {
  mutatingadmissionpolicies,
  mutatingadmissionpolicybindings,
  mutatingwebhookconfigurations,
  validatingadmissionpolicies,
  validatingadmissionpolicybindings,
  validatingwebhookconfigurations,
}
