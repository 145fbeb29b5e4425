import {
  asSent,
  child,
  each,
  equalJson,
  type FieldErrors,
  immutable,
  type KubeObject,
  oneOf,
  qualifiedName,
  required,
  uniqueBy,
  validateObjectMeta,
} from '../../api/index.js'
import { deprecatedNodeLabels } from '../node/deprecated-labels.js'
import type { ResourceRules } from '../rules.js'
import { parameters, provisioner } from './provisioner.js'

const bindingModes = ['Immediate', 'WaitForFirstConsumer']

export const storageclasses: ResourceRules = {
  returnDeletedObject: true,
  defaults: {
    v1(storageClass) {
      storageClass.reclaimPolicy ??= 'Delete'
      storageClass.volumeBindingMode ??= 'Immediate'
    },
  },
  validate: (storageClass, errors) => validateStorageClass(storageClass, errors),
  validateUpdate(storageClass, old, errors) {
    validateObjectMeta(storageClass.metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateStorageClass(storageClass, errors)
    immutable(errors, 'parameters', asSent(storageClass, 'parameters'), old.parameters)
    for (const field of ['provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const)
      immutable(errors, field, storageClass[field], old[field])
  },
  warnings: ({ allowedTopologies }) => topologyWarnings(allowedTopologies ?? []),
}

interface StorageClass extends KubeObject {
  provisioner?: string
  parameters?: Record<string, string>
  reclaimPolicy?: string
  volumeBindingMode?: string
  allowedTopologies?: TopologyTerm[]
}

interface TopologyTerm {
  matchLabelExpressions?: { key?: string; values?: string[] | null }[]
}

/** Source: kubernetes pkg/apis/storage/validation, ValidateStorageClass. */
function validateStorageClass(storageClass: StorageClass, errors: FieldErrors): void {
  provisioner(errors, 'provisioner', storageClass.provisioner)
  parameters(errors, storageClass.parameters)
  if (storageClass.reclaimPolicy) oneOf(errors, 'reclaimPolicy', storageClass.reclaimPolicy, ['Delete', 'Retain'])
  const { volumeBindingMode } = storageClass
  if (volumeBindingMode === undefined) errors.required('volumeBindingMode')
  else oneOf(errors, 'volumeBindingMode', volumeBindingMode, bindingModes)
  validateTopologies(storageClass.allowedTopologies ?? [], errors)
}

/** Upstream compares every term with an empty one for each term there is, before it compares it with those before it. */
function validateTopologies(terms: readonly TopologyTerm[], errors: FieldErrors): void {
  const seen: Record<string, string[]>[] = terms.map(() => ({}))
  each('allowedTopologies', terms, (term, at) => {
    const own = child(at, 'matchLabelExpressions')
    const values = validateTerm(term, own, errors)
    for (const other of seen) if (equalJson(values, other)) errors.duplicate(own, '')
    seen.push(values)
  })
}

/** Gives back the values by key, in an order that does not depend on that of the term. */
function validateTerm(term: TopologyTerm, path: string, errors: FieldErrors): Record<string, string[]> {
  const byKey = new Map<string, string[]>()
  each(path, term.matchLabelExpressions, ({ key = '', values: list }, at) => {
    const values = list ?? []
    required(errors, child(at, 'values'), values)
    uniqueBy(errors, child(at, 'values'), values, (value) => value)
    qualifiedName(errors, child(at, 'key'), key)
    if (byKey.has(key)) errors.duplicate(child(at, 'key'), key)
    byKey.set(key, [...new Set(values)].sort())
  })
  return Object.fromEntries(byKey)
}

const topologyWarnings = (terms: readonly TopologyTerm[]): string[] =>
  terms.flatMap(({ matchLabelExpressions = [] }, i) =>
    matchLabelExpressions.flatMap(({ key = '' }, j) => {
      const text = deprecatedNodeLabels.get(key)
      return text === undefined ? [] : [`allowedTopologies[${i}].matchLabelExpressions[${j}].key: ${text}`]
    }),
  )
