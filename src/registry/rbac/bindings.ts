import {
  child,
  dns1123Subdomain,
  equalJson,
  type FieldErrors,
  index,
  isPathSegmentName,
  type KubeObject,
  validateObjectMeta,
} from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { rbacName } from './roles.js'

const group = 'rbac.authorization.k8s.io'

interface RoleRef {
  apiGroup?: string
  kind?: string
  name?: string
}

interface Subject {
  kind?: string
  apiGroup?: string
  name?: string
  namespace?: string
}

export const rolebindings: ResourceRules = bindings(true, ['Role', 'ClusterRole'])
export const clusterrolebindings: ResourceRules = bindings(false, ['ClusterRole'])

/** @param kinds what may be bound */
function bindings(namespaced: boolean, kinds: readonly string[]): ResourceRules {
  return {
    name: rbacName,
    allowCreateOnUpdate: true,
    defaults: { v1: setDefaults },
    validate(object, errors) {
      validate(object, namespaced, kinds, errors)
    },
    validateUpdate(object, old, errors) {
      validateObjectMeta(object.metadata, { namespaced, name: rbacName }, 'metadata', errors)
      validate(object, namespaced, kinds, errors)
      const roleRef: RoleRef = object.roleRef ?? {}
      if (!equalJson(roleRef, old.roleRef ?? {})) {
        const told = { APIGroup: roleRef.apiGroup ?? '', Kind: roleRef.kind ?? '', Name: roleRef.name ?? '' }
        errors.invalid('roleRef', told, 'cannot change roleRef')
      }
    },
  }
}

function setDefaults(object: KubeObject): void {
  object.roleRef ??= {}
  object.roleRef.apiGroup ||= group
  for (const subject of (object.subjects ?? []) as Subject[])
    if (!subject.apiGroup && (subject.kind === 'User' || subject.kind === 'Group')) subject.apiGroup = group
}

/** Source: ValidateRoleBinding and ValidateClusterRoleBinding. */
function validate(object: KubeObject, namespaced: boolean, kinds: readonly string[], errors: FieldErrors): void {
  const { apiGroup = '', kind = '', name = '' }: RoleRef = object.roleRef ?? {}
  if (apiGroup !== group) errors.notSupported('roleRef.apiGroup', apiGroup, [group])
  if (!kinds.includes(kind)) errors.notSupportedInOrder('roleRef.kind', kind, kinds)
  if (name === '') errors.required('roleRef.name')
  else for (const wrong of isPathSegmentName(name)) errors.invalid('roleRef.name', name, wrong)
  const subjects: Subject[] = object.subjects ?? []
  subjects.forEach((subject, i) => {
    validateSubject(subject, namespaced, index('subjects', i), errors)
  })
}

function validateSubject(subject: Subject, namespaced: boolean, path: string, errors: FieldErrors): void {
  const { kind = '', apiGroup = '', name = '', namespace = '' } = subject
  const at = child(path, 'apiGroup')
  if (name === '') errors.required(child(path, 'name'))
  if (kind === 'ServiceAccount') {
    if (name !== '') dns1123Subdomain(errors, child(path, 'name'), name)
    if (apiGroup !== '') errors.notSupported(at, apiGroup, [''])
    if (!namespaced && namespace === '') errors.required(child(path, 'namespace'))
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== group) errors.notSupported(at, apiGroup, [group])
  } else {
    errors.notSupportedInOrder(child(path, 'kind'), kind, ['ServiceAccount', 'User', 'Group'])
  }
}
