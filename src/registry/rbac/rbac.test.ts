import { describe, expect, test } from 'vitest'
import { judge } from '../core/testing.js'
import { clusterrolebindings, rolebindings } from './bindings.js'
import { clusterroles, roles } from './roles.js'

const group = 'rbac.authorization.k8s.io'
const get = { verbs: ['get'], apiGroups: [''], resources: ['pods'] }

describe('roles', () => {
  const { created } = judge(roles, 'Role', group)
  test.each<[object, string[]]>([
    [{ rules: [get] }, []],
    [{ rules: null }, []],
    [
      { rules: [{}] },
      [
        'rules[0].verbs: Required value: verbs must contain at least one value',
        'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
        'rules[0].resources: Required value: resource rules must supply at least one resource',
      ],
    ],
    [
      { rules: [{ ...get, nonResourceURLs: ['/a'] }] },
      [
        'rules[0].nonResourceURLs: Invalid value: ["/a"]: namespaced rules cannot apply to non-resource URLs',
        'rules[0].nonResourceURLs: Invalid value: ["/a"]: rules cannot apply to both regular resources and non-resource URLs',
      ],
    ],
  ])('%j', (body, found) => {
    expect(created(body)).toEqual(found)
  })
})

describe('cluster roles', () => {
  const { created } = judge(clusterroles, 'ClusterRole', group)
  const path = 'aggregationRule.clusterRoleSelectors'
  test.each<[object, string[]]>([
    [{ rules: [{ verbs: ['get'], nonResourceURLs: ['/a'] }] }, []],
    [{ aggregationRule: { clusterRoleSelectors: [{}] } }, []],
    [
      { aggregationRule: {} },
      [`${path}: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil`],
    ],
    [
      { aggregationRule: { clusterRoleSelectors: [{ matchExpressions: [{ key: 'a', operator: 'Is' }] }] } },
      [
        `${path}[0].matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator`,
        `${path}[0]: Invalid value: null: invalid label selector.`,
      ],
    ],
  ])('%j', (body, found) => {
    expect(created(body)).toEqual(found)
  })
})

describe('bindings', () => {
  const inNamespace = judge(rolebindings, 'RoleBinding', group)
  const ofCluster = judge(clusterrolebindings, 'ClusterRoleBinding', group)
  const roleRef = { kind: 'ClusterRole', name: 'view' }

  test('the API group is filled in where there is but one', () => {
    const subjects = [
      { kind: 'User', name: 'a' },
      { kind: 'Group', name: 'b', apiGroup: 'x' },
      { kind: 'ServiceAccount', name: 'c' },
    ]
    const object = inNamespace.read({ roleRef, subjects })
    expect(object.roleRef.apiGroup).toBe(group)
    expect(object.subjects.map((subject: { apiGroup?: string }) => subject.apiGroup)).toEqual([group, 'x', undefined])
  })

  test.each<[object, string[], string[]]>([
    [{ roleRef }, [], []],
    [
      { roleRef: { kind: 'Role', name: 'a/b' } },
      ['roleRef.name: Invalid value: "a/b": may not contain \'/\''],
      [
        'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
        'roleRef.name: Invalid value: "a/b": may not contain \'/\'',
      ],
    ],
    [{ roleRef, subjects: [{ kind: 'ServiceAccount', name: 'a' }] }, [], ['subjects[0].namespace: Required value']],
    [
      { roleRef, subjects: [{ kind: 'Robot', name: '' }] },
      [
        'subjects[0].name: Required value',
        'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
      ],
      [
        'subjects[0].name: Required value',
        'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
      ],
    ],
    [
      { roleRef, subjects: [{ kind: 'ServiceAccount', name: 'a', namespace: 'n', apiGroup: 'x' }] },
      ['subjects[0].apiGroup: Unsupported value: "x": supported values: ""'],
      ['subjects[0].apiGroup: Unsupported value: "x": supported values: ""'],
    ],
  ])('%j', (body, inside, everywhere) => {
    expect(inNamespace.created(body)).toEqual(inside)
    expect(ofCluster.created(body)).toEqual(everywhere)
  })

  test('what is bound stays', () => {
    expect(inNamespace.changed({ roleRef }, { roleRef, subjects: [{ kind: 'User', name: 'a' }] })).toEqual([])
    expect(inNamespace.changed({ roleRef }, { roleRef: { kind: 'Role', name: 'view' } })).toEqual([
      `roleRef: Invalid value: {"APIGroup":"${group}","Kind":"Role","Name":"view"}: cannot change roleRef`,
    ])
  })
})
