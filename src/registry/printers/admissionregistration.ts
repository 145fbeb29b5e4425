import type { KubeObject } from '../../api/index.js'
import { selectorMessage } from './format.js'
import { ageColumn, type Column, nameColumn, type TableColumns, tableOf } from './table-columns.js'

const paramKind: Column = {
  name: 'ParamKind',
  description: 'Kind of the policy parameters.',
  cell: ({ spec }) =>
    spec?.paramKind === undefined ? '<unset>' : `${spec.paramKind.apiVersion ?? ''}/${spec.paramKind.kind ?? ''}`,
}

function paramRef({ spec }: KubeObject): string {
  const reference = spec?.paramRef
  if (reference?.name) return `${reference.namespace || '*'}/${reference.name}`
  return reference?.selector === undefined ? '<unset>' : selectorMessage(reference.selector)
}

const webhooks = tableOf([
  nameColumn,
  { name: 'Webhooks', type: 'integer', description: 'Number of webhooks.', cell: (o) => o.webhooks?.length ?? 0 },
  ageColumn,
])

const binding = tableOf([
  nameColumn,
  { name: 'PolicyName', description: 'The policy it binds.', cell: (o) => o.spec?.policyName ?? '' },
  { name: 'ParamRef', description: 'The parameters of the policy.', cell: paramRef },
  ageColumn,
])

export const admissionregistration: Readonly<Record<string, TableColumns>> = {
  MutatingWebhookConfiguration: webhooks,
  ValidatingWebhookConfiguration: webhooks,
  ValidatingAdmissionPolicy: tableOf([
    nameColumn,
    {
      name: 'Validations',
      type: 'integer',
      description: 'Number of validations.',
      cell: (o) => o.spec?.validations?.length ?? 0,
    },
    paramKind,
    ageColumn,
  ]),
  ValidatingAdmissionPolicyBinding: binding,
  MutatingAdmissionPolicy: tableOf([
    nameColumn,
    {
      name: 'Mutations',
      type: 'integer',
      description: 'Number of mutations.',
      cell: (o) => o.spec?.mutations?.length ?? 0,
    },
    paramKind,
    ageColumn,
  ]),
  MutatingAdmissionPolicyBinding: binding,
}
