import { randomBytes, randomUUID } from 'node:crypto'
import { type KubeObject, storedForm } from '../api/index.js'
import { encodeJson, parseJson } from '../codec/index.js'
import {
  type APIGroupInfo,
  type CompanionWrites,
  GenericRegistry,
  RecentObjects,
  type RegistryEnvironment,
} from '../registry/index.js'
import type { Store } from '../store/index.js'

export interface RegistryOptions {
  readonly store: Store
  readonly garbageCollector: boolean
  /** --allow-privileged. */
  readonly allowPrivileged: boolean
  /** --min-compatibility-version. */
  readonly compatibleMinor: number
  now(): number
  enabled(gate: string): boolean
}

/** What all registries of a server share. */
export function registryEnvironment(options: RegistryOptions): RegistryEnvironment {
  const { store, garbageCollector, allowPrivileged, compatibleMinor, now, enabled } = options
  return {
    store,
    codec: { parse: (bytes) => parseJson(bytes, { unique: true }).value, encode: encodeJson },
    now,
    uid: randomUUID,
    nameSuffix,
    enabled,
    recent: new RecentObjects({ objects: 256, bytes: 1 << 20 }),
    normalize: (object, shape) => storedForm(object, shape) as KubeObject,
    garbageCollector,
    allowPrivileged,
    compatibleMinor,
  }
}

/**
 * A registry for every stored resource, by `group/plural`. Resources that share a storage (events of two groups) have one
 * registry each, over the same keys.
 *
 * @param others stores of prefixes that are not in that of the environment
 */
export function registriesOf(
  groups: readonly APIGroupInfo[],
  environment: RegistryEnvironment,
  companions: ReadonlyMap<string, CompanionWrites> = new Map(),
  others: ReadonlyMap<string, Store> = new Map(),
): Map<string, GenericRegistry> {
  const registries = new Map<string, GenericRegistry>()
  const all = { ...environment, namespaces: others.get('/registry/namespaces/') ?? environment.store }
  for (const { resources } of groups)
    for (const resource of resources) {
      if (resource.storage === undefined) continue
      const key = `${resource.group}/${resource.resource}`
      const store = others.get(resource.storage.prefix)
      const own = store === undefined ? all : { ...all, store }
      registries.set(key, new GenericRegistry(resource, resource.storage, own, companions.get(key)))
    }
  return registries
}

/** Neither vowels nor what looks alike. Source: apimachinery pkg/util/rand. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** Five characters that make a generated name unique. */
export function nameSuffix(): string {
  let suffix = ''
  for (const byte of randomBytes(5)) suffix += alphabet[byte % alphabet.length]
  return suffix
}
