import { type AccessAttributes, isDns1123Label, isDns1123Subdomain } from '../../api/index.js'
import type { CallNode, Library, Overload } from '../library.js'
import { addRanges, fixed, scaleRange, stringTraversalFactor } from '../ranges.js'
import { sizeOfValue } from '../sizes.js'
import { objectType, type Type, types } from '../types.js'
import { CelError, Opaque, type Value } from '../values.js'
import { nominal } from './costs.js'
import { fn, member } from './declare.js'

export const authorizerType = objectType('kubernetes.authorization.Authorizer')
export const resourceCheckType = objectType('kubernetes.authorization.ResourceCheck')
const pathCheckType = objectType('kubernetes.authorization.PathCheck')
const groupCheckType = objectType('kubernetes.authorization.GroupCheck')
const decisionType = objectType('kubernetes.authorization.Decision')

export interface CheckDecision {
  readonly verdict: 'allow' | 'deny' | 'none'
  readonly reason: string
  readonly error?: Error
}

/**
 * The authorizer that expressions of one request ask. Evaluation is synchronous and authorizers need not be: a question
 * whose answer is still to come ends the evaluation; after {@link settle} it is evaluated again and finds the answer here.
 *
 *     let result = program.evaluate({ authorizer: checks.authorizer(user) })
 *     while (checks.pending) {
 *       await checks.settle()
 *       result = program.evaluate(...)
 *     }
 */
export class AuthorizationChecks<User extends { readonly name: string; readonly groups: readonly string[] }> {
  readonly #authorize: (attributes: AccessAttributes<User>) => CheckDecision | Promise<CheckDecision>
  readonly #serviceAccount: (user: { name: string; groups: string[] }) => User
  readonly #answers = new Map<string, CheckDecision>()
  readonly #open = new Map<string, Promise<CheckDecision>>()

  constructor(
    authorize: (attributes: AccessAttributes<User>) => CheckDecision | Promise<CheckDecision>,
    serviceAccount: (user: { name: string; groups: string[] }) => User,
  ) {
    this.#authorize = authorize
    this.#serviceAccount = serviceAccount
  }

  /** Whether the last evaluation lacks an answer. */
  get pending(): boolean {
    return this.#open.size > 0
  }

  /** Waits for all answers that are to come. An authorizer that fails has no opinion. */
  async settle(): Promise<void> {
    for (const [key, promise] of this.#open) {
      this.#answers.set(
        key,
        await promise.catch((error: unknown) => ({ verdict: 'none' as const, reason: '', error: error as Error })),
      )
    }
    this.#open.clear()
  }

  /** The value of the variable `authorizer`. */
  authorizer(user: User): Opaque {
    return new AuthorizerValue(this as unknown as Checks, user)
  }

  /** The value of the variable `authorizer.requestResource`. */
  requestResource(
    user: User,
    resource: Pick<AccessAttributes<User>, 'apiGroup' | 'resource' | 'subresource' | 'namespace' | 'name'>,
  ): Opaque {
    return new ResourceCheck(this as unknown as Checks, { ...noQuestion, ...resource, user, isResourceRequest: true })
  }

  /** A service account nobody has authenticated: it is not in system:authenticated. @internal */
  serviceAccount(namespace: string, name: string): User {
    return this.#serviceAccount({
      name: `system:serviceaccount:${namespace}:${name}`,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    })
  }

  /** @internal @throws CelError if the answer is still to come */
  ask(attributes: AccessAttributes<User>): CheckDecision {
    const { user, ...rest } = attributes
    const key = JSON.stringify([user.name, user.groups, rest])
    const known = this.#answers.get(key)
    if (known !== undefined) return known
    const answer = this.#open.get(key) ?? this.#authorize(attributes)
    if (answer instanceof Promise) {
      this.#open.set(key, answer)
      throw new CelError('authorization decision pending')
    }
    this.#answers.set(key, answer)
    return answer
  }
}

type Attributes = AccessAttributes<unknown>
interface Checks {
  serviceAccount(namespace: string, name: string): unknown
  ask(attributes: Attributes): CheckDecision
}

const noQuestion: Omit<Attributes, 'user'> = {
  verb: '',
  isResourceRequest: false,
  apiGroup: '',
  apiVersion: '*',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
  path: '',
  fieldSelector: '',
  labelSelector: '',
}

/** Values that only functions can do something with; they equal nothing that upstream could tell. */
abstract class Step extends Opaque {
  equals(): boolean {
    throw new CelError('no such overload')
  }
}

class AuthorizerValue extends Step {
  readonly type = authorizerType

  constructor(
    readonly checks: Checks,
    readonly user: unknown,
  ) {
    super()
  }
}

/** What is being asked, as far as it has been said. */
abstract class Question extends Step {
  constructor(
    readonly checks: Checks,
    readonly attributes: Attributes,
  ) {
    super()
  }
}

class PathCheck extends Question {
  readonly type = pathCheckType
}

class GroupCheck extends Question {
  readonly type = groupCheckType
}

class ResourceCheck extends Question {
  readonly type = resourceCheckType
}

class DecisionValue extends Step {
  readonly type = decisionType

  constructor(readonly decision: CheckDecision) {
    super()
  }
}

/** Source: apiserver pkg/cel/library/authz.go. */
export function authorizerLibrary(): Library {
  const { string, bool } = types
  const check = ({ checks, attributes }: Question, verb: string) =>
    new DecisionValue(checks.ask({ ...attributes, verb }))
  const told = (name: string, result: Type, read: (decision: CheckDecision) => Value) =>
    fn(
      name,
      member(`decision_${name}`, [decisionType], result, ({ decision }: DecisionValue) => read(decision)),
    )
  return {
    name: 'kubernetes.authz',
    equality: [authorizerType, pathCheckType, groupCheckType, resourceCheckType, decisionType].map((type) => ({
      type,
      estimate: () => fixed(1),
    })),
    since: 27,
    functions: [
      fn('path', member('authorizer_path', [authorizerType, string], pathCheckType, askPath, nominal)),
      fn('group', member('authorizer_group', [authorizerType, string], groupCheckType, askGroup, nominal)),
      fn(
        'serviceAccount',
        member(
          'authorizer_serviceaccount',
          [authorizerType, string, string],
          authorizerType,
          asServiceAccount,
          nominal,
        ),
      ),
      fn('resource', member('groupcheck_resource', [groupCheckType, string], resourceCheckType, askResource, nominal)),
      refining('subresource'),
      refining('namespace'),
      refining('name'),
      fn(
        'check',
        member('pathcheck_check', [pathCheckType, string], decisionType, check, asking),
        member('resourcecheck_check', [resourceCheckType, string], decisionType, check, asking),
      ),
      told('errored', bool, ({ error }) => error !== undefined),
      told('error', string, ({ error }) => error?.message ?? ''),
      told('allowed', bool, ({ verdict }) => verdict === 'allow'),
      told('reason', string, ({ reason }) => reason),
    ],
  }
}

/** `fieldSelector` and `labelSelector` of a check. */
export function authorizerSelectorsLibrary(): Library {
  return {
    name: 'kubernetes.authzSelectors',
    since: 31,
    functions: [
      refining('fieldSelector', 'authorizer_fieldselector', parsing),
      refining('labelSelector', 'authorizer_labelselector', parsing),
    ],
  }
}

function askPath({ checks, user }: AuthorizerValue, path: string): PathCheck {
  if (path.trim() === '') throw new CelError('path must not be empty')
  return new PathCheck(checks, { ...noQuestion, apiVersion: '', user, path })
}

const askGroup = ({ checks, user }: AuthorizerValue, apiGroup: string): GroupCheck =>
  new GroupCheck(checks, { ...noQuestion, user, isResourceRequest: true, apiGroup })

function askResource({ checks, attributes }: GroupCheck, resource: string): ResourceCheck {
  if (resource.trim() === '') throw new CelError('resource must not be empty')
  return new ResourceCheck(checks, { ...attributes, resource })
}

function asServiceAccount({ checks }: AuthorizerValue, namespace: string, name: string): AuthorizerValue {
  if (isDns1123Subdomain(name).length > 0) throw new CelError('Invalid service account name')
  if (isDns1123Label(namespace).length > 0) throw new CelError('Invalid service account namespace')
  return new AuthorizerValue(checks, checks.serviceAccount(namespace, name))
}

type Costs = Pick<Overload, 'cost' | 'estimate'>

const refining = (
  member_: 'subresource' | 'namespace' | 'name' | 'fieldSelector' | 'labelSelector',
  id = `resourcecheck_${member_}`,
  costs: Costs = nominal,
) =>
  fn(
    member_,
    member(
      id,
      [resourceCheckType, types.string],
      resourceCheckType,
      ({ checks, attributes }: ResourceCheck, value: string) =>
        new ResourceCheck(checks, { ...attributes, [member_]: value }),
      costs,
    ),
  )

/** Two questions fit into one expression. */
const asking: Costs = { cost: () => 350_000, estimate: () => ({ cost: fixed(350_000) }) }

/** A list, and for every second character a requirement: a struct and a list of values. */
const listCost = 10
const requirementCost = 50

const parsing: Costs = {
  cost: ([, selector]) => {
    const size = sizeOfValue(selector!)
    return listCost + Math.ceil(size * stringTraversalFactor) + Math.ceil(Math.ceil(size / 2) * requirementCost)
  },
  estimate: ({ args: [selector], sizeOf }: CallNode) => {
    if (selector === undefined) return undefined
    const size = sizeOf(selector)
    const requirements = scaleRange(scaleRange(size, 0.5), requirementCost)
    return { cost: addRanges(fixed(listCost), addRanges(scaleRange(size, stringTraversalFactor), requirements)) }
  },
}
