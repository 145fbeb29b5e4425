import type { RequestInfo, UserInfo } from '../http/index.js'
import { type Flow, type FlowSchema, flowOf } from './flow.js'

/** Users, and flows of a schema, that are remembered; beyond it the oldest are worked out again. */
const remembered = 10_000

type Test = (info: RequestInfo) => boolean

/** A schema that can match a user's requests. */
interface Candidate {
  readonly schema: FlowSchema
  readonly resources: readonly Test[]
  readonly others: readonly Test[]
  /** The flow, where it depends on nothing but the user. */
  readonly flow: Flow | undefined
}

interface KnownUser {
  /** In the order of precedence. */
  readonly candidates: readonly Candidate[]
  readonly otherwise: Flow
}

/**
 * Finds the flow of a request: that of the first schema that matches. Which schemas can match a user at all is worked out once,
 * which leaves one to four of them, whose rules mostly take everything. Valid for one set of schemas and levels: a change of
 * either needs a new classifier.
 */
export class Classifier {
  readonly #schemas: readonly FlowSchema[]
  readonly #catchAll: FlowSchema
  /** Authentication gives the same object for the same credentials. */
  readonly #byObject = new WeakMap<UserInfo, KnownUser>()
  readonly #byName = new Map<string, KnownUser>()
  readonly #byNamespace = new Map<FlowSchema, Map<string, Flow>>()

  /** @param schemas in the order in which they are tried; one of them is `catch-all` */
  constructor(schemas: readonly FlowSchema[]) {
    this.#schemas = schemas
    const catchAll = schemas.find(({ name }) => name === 'catch-all')
    if (catchAll === undefined) throw new Error('there is no flow schema for what no other matches')
    this.#catchAll = catchAll
  }

  classify(user: UserInfo, info: RequestInfo): Flow {
    const { candidates, otherwise } = this.#byObject.get(user) ?? this.#find(user)
    for (let i = 0; i < candidates.length; i++) {
      const candidate = candidates[i]!
      if (matches(info.isResourceRequest ? candidate.resources : candidate.others, info))
        return candidate.flow ?? this.#flowOfNamespace(candidate.schema, info.namespace)
    }
    return otherwise
  }

  #find(user: UserInfo): KnownUser {
    const key = JSON.stringify([user.name, user.groups])
    let known = this.#byName.get(key)
    if (known === undefined) {
      known = this.#learn(user)
      limit(this.#byName)
      this.#byName.set(key, known)
    }
    this.#byObject.set(user, known)
    return known
  }

  #learn(user: UserInfo): KnownUser {
    const candidates: Candidate[] = []
    for (const schema of this.#schemas) {
      const rules = schema.rules.filter((one) => one.concerns(user))
      if (rules.length === 0) continue
      const distinguisher = schema.distinguisher === 'ByUser' ? user.name : ''
      candidates.push({
        schema,
        resources: rules.flatMap(({ resources }) => resources),
        others: rules.flatMap(({ others }) => others),
        flow: schema.distinguisher === 'ByNamespace' ? undefined : flowOf(schema, distinguisher),
      })
    }
    return { candidates, otherwise: flowOf(this.#catchAll, user.name) }
  }

  #flowOfNamespace(schema: FlowSchema, namespace: string): Flow {
    let flows = this.#byNamespace.get(schema)
    if (flows === undefined) {
      flows = new Map()
      this.#byNamespace.set(schema, flows)
    }
    let flow = flows.get(namespace)
    if (flow === undefined) {
      flow = flowOf(schema, namespace)
      limit(flows)
      flows.set(namespace, flow)
    }
    return flow
  }
}

function matches(tests: readonly Test[], info: RequestInfo): boolean {
  for (let i = 0; i < tests.length; i++) if (tests[i]!(info)) return true
  return false
}

function limit(map: Map<string, unknown>): void {
  if (map.size >= remembered) map.delete(map.keys().next().value!)
}
