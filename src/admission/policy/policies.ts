import { type KubeObject, parseApiVersion } from '../../api/index.js'
import { type MatchResources, type ResourceMatcher, resourceMatcher } from '../matching/match-resources.js'
import type { ObjectReader } from '../objects.js'
import type { FindParamKind, ParamKind, ParamRef, ParamResource } from './params.js'

/** A policy that is bound, and what it is bound by. */
export interface BoundPolicy<E> {
  readonly name: string
  readonly matcher: ResourceMatcher
  readonly ignoresFailures: boolean
  readonly paramKind: ParamKind | undefined
  readonly bindings: readonly Binding[]
  /** Its expressions, compiled when they are first needed. */
  readonly compiled: E
}

export interface Binding {
  readonly name: string
  readonly policy: string
  /** Undefined: whatever the policy matches. */
  readonly matcher: ResourceMatcher | undefined
  readonly paramRef: ParamRef | undefined
  readonly actions: readonly string[]
}

interface Known<E> {
  readonly revision: string
  readonly compiled: () => E
}

interface PolicySpec {
  readonly matchConstraints?: MatchResources
  readonly failurePolicy?: string
  readonly paramKind?: ParamKind
}

/** The policies of one kind that are bound, by their names, as they are stored at this moment. */
export class Policies<E> {
  readonly #objects: ObjectReader
  readonly #resource: string
  readonly #bindingResource: string
  readonly #compile: (policy: KubeObject) => E
  #policies: readonly KubeObject[] | undefined
  #bindings: readonly KubeObject[] | undefined
  #list: readonly BoundPolicy<E>[] = []
  /** By name and revision: a policy is compiled once, whatever becomes of the others. */
  #known = new Map<string, Known<E>>()

  /** @param resource `group/plural` of the policies; the reader keeps them and their bindings */
  constructor(objects: ObjectReader, resource: string, compile: (policy: KubeObject) => E) {
    this.#objects = objects
    this.#resource = resource
    // The bindings' resource is named after the policies'.
    this.#bindingResource = `${resource.replace(/ies$/, 'y')}bindings`
    this.#compile = compile
  }

  get list(): readonly BoundPolicy<E>[] {
    const policies = this.#objects.list(this.#resource, '')
    const bindings = this.#objects.list(this.#bindingResource, '')
    if (policies !== this.#policies || bindings !== this.#bindings) {
      this.#policies = policies
      this.#bindings = bindings
      this.#list = this.#bound(policies, bindings.map(bindingOf))
    }
    return this.#list
  }

  #bound(policies: readonly KubeObject[], bindings: readonly Binding[]): BoundPolicy<E>[] {
    const known = new Map<string, Known<E>>()
    const bound = policies.flatMap((policy): BoundPolicy<E>[] => {
      const { name = '', resourceVersion: revision = '' } = policy.metadata
      const own = bindings.filter((binding) => binding.policy === name)
      if (own.length === 0) return []
      const before = this.#known.get(name)
      const entry = before?.revision === revision ? before : { revision, compiled: once(() => this.#compile(policy)) }
      known.set(name, entry)
      const spec: PolicySpec = policy.spec ?? {}
      return [
        {
          name,
          matcher: resourceMatcher(spec.matchConstraints ?? {}),
          ignoresFailures: spec.failurePolicy === 'Ignore',
          paramKind: spec.paramKind,
          bindings: own,
          get compiled() {
            return entry.compiled()
          },
        },
      ]
    })
    this.#known = known
    return bound
  }
}

function bindingOf({ metadata, spec }: KubeObject): Binding {
  const { policyName = '', matchResources, paramRef, validationActions = [] } = spec ?? {}
  return {
    name: metadata.name ?? '',
    policy: policyName,
    matcher: matchResources === undefined ? undefined : resourceMatcher(matchResources),
    paramRef,
    actions: validationActions,
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** The kind of a policy's parameters; undefined: it has none. Throws Error if it is not served. */
export function paramResource(paramKind: ParamKind | undefined, find: FindParamKind): ParamResource | undefined {
  if (paramKind === undefined) return undefined
  const { group, version } = parseApiVersion(paramKind.apiVersion)
  const found = find(group, version, paramKind.kind)
  if (found === undefined)
    throw new Error(`failed to find resource referenced by paramKind: '${group}/${version}, Kind=${paramKind.kind}'`)
  return found
}

const reviews = new Set([
  'authentication.k8s.io/selfsubjectreviews',
  'authentication.k8s.io/tokenreviews',
  'authorization.k8s.io/localsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
  'authorization.k8s.io/subjectaccessreviews',
])

/** Nobody comes in if these are refused. Source: kubernetes pkg/kubeapiserver/admission/exclusion. */
export const isExcluded = ({ group, resource }: { readonly group: string; readonly resource: string }): boolean =>
  reviews.has(`${group}/${resource}`)
