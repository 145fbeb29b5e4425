import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AdmissionChain } from '../admission/index.js'
import { ApiError, decodeObject, type KubeObject, normalizeStored } from '../api/index.js'
import { encodeJson, parseJson } from '../codec/index.js'
import type { RequestContext, UserInfo } from '../http/index.js'
import { builtinGroups, GenericRegistry, type VirtualResource, type WriteRequest } from '../registry/index.js'
import { openLmdbStore } from '../store/index.js'
import type { AccessDecision, AccessQuestion, SubresourceEnvironment } from './environment.js'

/** For tests: registries over a store of their own, with a clock that stands still. */
export interface Bench {
  readonly environment: SubresourceEnvironment
  /** Stores an object as a client's body would be. */
  put(resource: string, body: object): Promise<KubeObject>
  /** Changes a stored object, its status included, past all rules. */
  change(resource: string, namespace: string, name: string, change: (object: KubeObject) => void): Promise<void>
  read(resource: string, namespace: string, name: string): KubeObject
  close(): Promise<void>
}

export const now = Date.parse('2026-01-02T03:04:05Z')
export const jane: UserInfo = { name: 'jane', groups: ['devs', 'system:authenticated'] }

export async function openBench(
  authorize: (question: AccessQuestion) => AccessDecision = () => ({ verdict: 'none', reason: '' }),
): Promise<Bench> {
  const path = mkdtempSync(join(tmpdir(), 'kats-subresources-'))
  const store = await openLmdbStore({ path, fsync: false })
  let uids = 0
  const storing = {
    store,
    codec: { parse: (bytes: Buffer) => parseJson(bytes).value, encode: encodeJson },
    now: () => now,
    uid: () => `uid-${++uids}`,
    nameSuffix: () => 'xxxxx',
    enabled: () => true,
    normalize: (object: KubeObject, shape: Parameters<typeof normalizeStored>[1]) =>
      normalizeStored(decodeObject(object, shape), shape),
    garbageCollector: true,
  }
  const groups = builtinGroups({
    served: (_, version) => version === 'v1',
    enabled: () => true,
    virtual: new Map(),
    handlers: new Map(),
  })
  const registries = new Map<string, GenericRegistry>(
    groups
      .flatMap(({ resources }) => resources)
      .flatMap((one) =>
        one.storage === undefined
          ? []
          : [[`${one.group}/${one.resource}`, new GenericRegistry(one, one.storage, storing)] as const],
      ),
  )
  const registry = (resource: string): GenericRegistry => registries.get(resource)!
  const read = (resource: string, namespace: string, name: string): KubeObject => {
    const one = registry(resource)
    return one.parse(one.get(namespace, name))
  }
  return {
    environment: {
      registry,
      admission: () => new AdmissionChain([]),
      now: () => now,
      enabled: () => true,
      authorize,
    },
    async put(resource, body) {
      const one = registry(resource)
      const { kind, apiVersion, shape } = one.storage.version
      const object = decodeObject({ kind, apiVersion, ...body }, shape) as KubeObject
      one.storage.version.defaults(object)
      const namespace = one.resource.namespaced ? 'ns' : ''
      return (await one.create(object, { ...requestOf(), namespace })).object
    },
    async change(resource, namespace, name, change) {
      await registry(resource).update(name, {
        ...requestOf(),
        namespace,
        strategy: { prepare() {}, validate() {} },
        next(existing) {
          const object = structuredClone(existing!)
          change(object)
          return object
        },
      })
    },
    read,
    async close() {
      await store.close()
      rmSync(path, { recursive: true, force: true })
    },
  }
}

export const requestOf = (more: Partial<WriteRequest> = {}): WriteRequest => ({
  namespace: 'ns',
  subresource: '',
  dryRun: false,
  user: jane,
  warn() {},
  ...more,
})

/** Posts an object to something virtual, as the verb would. */
export async function post(
  virtual: VirtualResource,
  name: string,
  body: object,
  more: Partial<WriteRequest> = {},
): Promise<KubeObject> {
  const object = { metadata: {}, ...structuredClone(body) } as KubeObject
  virtual.version?.defaults(object)
  const context = { info: { name, namespace: 'ns' }, user: jane } as unknown as RequestContext
  return virtual.create!(context, object, requestOf(more))
}

/** What a promise is refused with: code and text; undefined if it is not. */
export async function refusal(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise
    return undefined
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const causes = (error.details?.causes ?? []).map(({ message }) => message)
    return [`${error.code} ${error.message}`, ...(error.reason === 'TooManyRequests' ? causes : [])].join(' | ')
  }
}
