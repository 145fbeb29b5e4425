import type { AdmissionChain } from '../admission/index.js'
import { type AccessAttributes, badRequest, type KubeObject, notFound } from '../api/index.js'
import type { UserInfo } from '../http/index.js'
import type { GenericRegistry } from '../registry/index.js'
import { prefixRange } from '../store/index.js'

/** What handlers of this folder know of their server. Functions, since handlers are made before most of it is there. */
export interface SubresourceEnvironment {
  /** @param resource `group/plural`, `/pods` for the core group; throws if nothing of it is served */
  registry(resource: string): GenericRegistry
  admission(): AdmissionChain
  now(): number
  /** Whether a feature gate is on. */
  enabled(gate: string): boolean
  /** Asks the server's own authorizers. */
  authorize(question: AccessQuestion): AccessDecision | Promise<AccessDecision>
}

export type AccessQuestion = AccessAttributes<UserInfo>

export interface AccessDecision {
  readonly verdict: 'allow' | 'deny' | 'none'
  readonly reason: string
  readonly error?: Error
}

/** A stored object in the storage version, or undefined. */
export function find(
  environment: SubresourceEnvironment,
  resource: string,
  namespace: string,
  name: string,
): KubeObject | undefined {
  const registry = environment.registry(resource)
  const record = registry.find(namespace, name)
  return record === undefined ? undefined : registry.parse(record)
}

/** Throws NotFound, BadRequest without a name. */
export function get(
  environment: SubresourceEnvironment,
  resource: string,
  namespace: string,
  name: string,
): KubeObject {
  if (name === '') throw badRequest('Name parameter required.')
  const found = find(environment, resource, namespace, name)
  if (found === undefined) throw notFound(environment.registry(resource).groupResource, name)
  return found
}

/** All objects of a namespace. */
export function* listIn(
  environment: SubresourceEnvironment,
  resource: string,
  namespace: string,
): Generator<KubeObject> {
  const registry = environment.registry(resource)
  for (const record of registry.environment.store.scan(prefixRange(registry.key(namespace, ''))))
    yield registry.parse(record)
}

/** What an action answers that has nothing else to say. */
export const success = (): KubeObject => ({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' })
