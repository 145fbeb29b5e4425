import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AdmissionAttributes } from '../../admission/index.js'
import { ApiError, type KubeObject } from '../../api/index.js'
import type { UserInfo } from '../../http/index.js'
import type { Authorizer } from '../authorizer.js'
import { missingRights } from './covers.js'
import { rbacEscalation } from './escalation.js'
import type { PolicyRule } from './policy-rule.js'
import { RbacAuthorizer } from './rbac-authorizer.js'

const jane: UserInfo = { name: 'jane', groups: ['devs', 'system:authenticated'] }
const held: PolicyRule[] = [{ apiGroups: [''], resources: ['configmaps', '*/status'], verbs: ['get', 'list'] }]

function rbac(): RbacAuthorizer {
  const made = new RbacAuthorizer()
  const subjects = [{ kind: 'User', name: 'jane' }]
  made.set('Role', { metadata: { name: 'own', namespace: 'ns' }, rules: held })
  made.set('Role', {
    metadata: { name: 'strong', namespace: 'ns' },
    rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
  })
  made.set('RoleBinding', {
    metadata: { name: 'b', namespace: 'ns' },
    roleRef: { kind: 'Role', name: 'own' },
    subjects,
  })
  return made
}

/** Who may do what beside RBAC's rules: `escalate roles`, `bind roles strong`. */
const permitting = (...allowed: string[]): Authorizer => ({
  authorize: ({ verb, resource, name }) => ({
    verdict: allowed.includes(`${verb} ${resource} ${name}`.trim()) ? 'allow' : 'none',
    reason: '',
  }),
})

interface Asked {
  readonly resource?: string
  readonly old?: object
  readonly user?: UserInfo
  readonly namespace?: string
  readonly may?: readonly string[]
  readonly pathName?: string
}

async function admit(body: object, asked: Asked = {}) {
  const { resource = 'roles', old, user = jane, namespace = 'ns', may = [] } = asked
  const object = { metadata: { name: 'x' }, ...body } as KubeObject
  const attributes: AdmissionAttributes = {
    operation: old === undefined ? 'CREATE' : 'UPDATE',
    kind: { group: 'rbac.authorization.k8s.io', version: 'v1', kind: '' },
    resource: { group: 'rbac.authorization.k8s.io', version: 'v1', resource },
    subresource: '',
    namespace,
    name: 'x',
    pathName: asked.pathName ?? (old === undefined ? '' : 'x'),
    object,
    oldObject: old === undefined ? undefined : ({ metadata: { name: 'x' }, ...old } as KubeObject),
    options: {},
    dryRun: false,
    user,
    warn() {},
  } as AdmissionAttributes
  try {
    await rbacEscalation(permitting(...may), rbac()).admit?.(attributes)
    return undefined
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return `${error.code} ${error.message}`
  }
}

const rule = (resources: string[], verbs: string[], more: object = {}) => ({
  apiGroups: [''],
  resources,
  verbs,
  ...more,
})
const attempt =
  'is forbidden: user "jane" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n'

describe('roles', () => {
  test.each([
    ['what is held', [rule(['configmaps'], ['get', 'list'])], undefined],
    ['what is held, of one object', [rule(['configmaps'], ['get'], { resourceNames: ['a'] })], undefined],
    ['a subresource that a pattern holds', [rule(['pods/status'], ['get'])], undefined],
    [
      'more',
      [rule(['configmaps', 'secrets'], ['get', 'delete'])],
      '{APIGroups:[""], Resources:["configmaps"], Verbs:["delete"]}\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete"]}',
    ],
    [
      'more of one object',
      [rule(['configmaps'], ['get', 'watch'], { resourceNames: ['a', 'b'] })],
      '{APIGroups:[""], Resources:["configmaps"], ResourceNames:["a"], Verbs:["watch"]}\n{APIGroups:[""], Resources:["configmaps"], ResourceNames:["b"], Verbs:["watch"]}',
    ],
    ['paths', [{ nonResourceURLs: ['/x'], verbs: ['get'] }], '{NonResourceURLs:["/x"], Verbs:["get"]}'],
  ])('that hold %s', async (_, rules, lines) => {
    const want = lines === undefined ? undefined : `403 roles.rbac.authorization.k8s.io "x" ${attempt}${lines}`
    expect(await admit({ rules })).toBe(want)
  })

  const strong = { rules: [rule(['secrets'], ['get'])] }
  test('are free to those who may escalate them, or everything', async () => {
    expect(await admit(strong, { may: ['escalate roles'] })).toBeUndefined()
    expect(await admit(strong, { old: strong, may: ['escalate roles x'] })).toBeUndefined()
    expect(await admit(strong, { pathName: 'x', may: ['escalate roles x'] })).toBeUndefined()
    expect(await admit(strong, { may: ['escalate roles x'] })).toMatch(/^403/)
    expect(await admit(strong, { user: { name: 'root', groups: ['system:masters'] } })).toBeUndefined()
  })

  test('that were stronger before may only be collected', async () => {
    const collected = { ...strong, metadata: { name: 'x', finalizers: ['a/b'] } }
    expect(await admit(collected, { old: strong })).toBeUndefined()
    expect(await admit({ ...strong, metadata: { name: 'x', labels: { a: 'b' } } }, { old: strong })).toMatch(/^403/)
  })

  test('aggregate only at the hands of who has everything', async () => {
    const body = { aggregationRule: { clusterRoleSelectors: [{}] } }
    expect(await admit(body, { resource: 'clusterroles', namespace: '' })).toBe(
      '403 clusterroles.rbac.authorization.k8s.io "x" is forbidden: must have cluster-admin privileges to use the aggregationRule',
    )
  })
})

describe('bindings', () => {
  const to = (name: string, kind = 'Role') => ({
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
    subjects: [],
  })
  const binding = { resource: 'rolebindings' }

  test('grant roles that are no more than one has', async () => {
    expect(await admit(to('own'), binding)).toBeUndefined()
    expect(await admit(to('strong'), binding)).toBe(
      `403 rolebindings.rbac.authorization.k8s.io "x" ${attempt}{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}`,
    )
  })

  test('grant any role to those who may bind it, whether it is there or not', async () => {
    expect(await admit(to('strong'), { ...binding, may: ['bind roles strong'] })).toBeUndefined()
    expect(await admit(to('none'), { ...binding, may: ['bind roles none'] })).toBeUndefined()
    expect(await admit(to('none'), binding)).toBe('404 rolebindings.rbac.authorization.k8s.io "none" not found')
    expect(await admit(to(''), binding)).toBe('400 Name parameter required.')
    expect(await admit(to('a/b%'), binding)).toBe(
      `400 Name parameter invalid: "a/b%": may not contain '/';may not contain '%'`,
    )
    expect(await admit(to('own'), { resource: 'clusterrolebindings', namespace: '' })).toBe(
      '400 Namespace parameter required.',
    )
    expect(await admit(to('x', 'Pod'), binding)).toBe('500 unsupported role reference kind: "Pod"')
  })
})

describe('rights', () => {
  const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 })
  const rules = fc.array(
    fc.record({
      apiGroups: some(['', 'apps', '*']),
      resources: some(['pods', 'pods/log', '*/log', '*']),
      verbs: some(['get', 'list', '*']),
      resourceNames: fc.subarray(['a', 'b']),
    }),
    { maxLength: 3 },
  )

  test('cover themselves, and whatever is part of them', () => {
    fc.assert(
      fc.property(rules, rules, (mine, others) => {
        expect(missingRights([...mine, ...others], mine)).toEqual([])
        // What is missing is missing for good: asked for alone it still is.
        const missing = missingRights(mine, others)
        expect(missingRights(mine, missing)).toEqual(missing)
        expect(missingRights([...mine, ...missing], others)).toEqual([])
      }),
    )
  })

  test('to all objects are not covered by rights to some', () => {
    const named = [{ ...rule(['pods'], ['get']), resourceNames: ['a'] }]
    expect(missingRights(named, [rule(['pods'], ['get'])])).toHaveLength(1)
    expect(missingRights([rule(['pods'], ['get'])], named)).toEqual([])
  })
})
