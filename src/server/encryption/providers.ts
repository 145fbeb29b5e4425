import { byPrefix, identity, type KmsPlugin, type Prefixed, type TransformersByResource } from '../../store/index.js'
import {
  groupResource,
  type KmsConfiguration,
  type NamedKey,
  type ProviderConfiguration,
  type ResourceConfiguration,
} from './configuration.js'

/** What a configuration has become. */
export interface Providers {
  readonly transformers: TransformersByResource
  readonly kms: readonly KmsPlugin[]
  /** There is a plugin that speaks v1. */
  readonly hasV1: boolean
}

export interface ProviderOptions {
  readonly now: () => number
  /** KMS v1 may be used. Upstream: the feature gate KMSv1. */
  readonly allowsV1: boolean
  /** Values are read once, when they come; where they are read again and again all of their keys would have to be kept. */
  readonly isRemote: boolean
}

/**
 * Makes the providers of a configuration; those with a KMS have asked it once.
 *
 * @throws Error for a rule that an earlier one hides, and for KMS v1 where it cannot be
 */
export async function makeProviders(
  configuration: readonly ResourceConfiguration[],
  options: ProviderOptions,
): Promise<Providers> {
  const ways = new Map<string, Prefixed[]>()
  const kms: KmsPlugin[] = []
  try {
    for (const { resources, providers } of configuration) {
      const made: Prefixed[] = []
      for (const provider of providers) made.push(await makeProvider(provider, kms, options))
      for (const text of resources) {
        const { group, resource } = groupResource(text)
        for (const mask of [`${group}/*`, '*/*']) {
          if (ways.has(mask) && mask !== `${group}/${resource}`)
            throw new Error(`resource ${JSON.stringify(text)} is masked by earlier rule ${JSON.stringify(named(mask))}`)
        }
        if (ways.has(`${group}/${resource}`) && resource === '*')
          throw new Error(`resource ${JSON.stringify(text)} is masked by earlier rule ${JSON.stringify(text)}`)
        const name = `${group}/${resource}`
        ways.set(name, [...(ways.get(name) ?? []), ...made])
      }
    }
  } catch (error) {
    for (const provider of kms) provider.close()
    throw new Error(`error while building transformers: ${(error as Error).message}`)
  }
  const transformers = new Map([...ways].map(([name, all]) => [name, byPrefix(all, 'no matching prefix found')]))
  const hasV1 = configuration.some(({ providers }) =>
    providers.some((provider) => provider.kind === 'kms' && provider.kms.apiVersion === 'v1'),
  )
  return { transformers, kms, hasV1 }
}

function named(mask: string): string {
  const [group, resource] = mask.split('/')
  return group === '' ? '*.' : `${resource}.${group}`
}

async function makeProvider(
  provider: ProviderConfiguration,
  kms: KmsPlugin[],
  options: ProviderOptions,
): Promise<Prefixed> {
  switch (provider.kind) {
    case 'identity':
      return { prefix: Buffer.alloc(0), transformer: identity }
    case 'aesgcm':
    case 'aescbc': {
      const { aesCbc, aesGcm } = await import('../../store/index.js')
      const make = provider.kind === 'aesgcm' ? aesGcm : aesCbc
      return withKeys(provider.kind, provider.keys, make, 'AES')
    }
    case 'secretbox': {
      const { loadSecretbox } = await import('../../store/index.js')
      return withKeys('secretbox', provider.keys, await loadSecretbox(), 'Secretbox')
    }
    case 'kms': {
      const { apiVersion, name, endpoint, timeoutMs } = provider.kms
      const { now } = options
      if (apiVersion === 'v1') return makeKmsV1(provider.kms, kms, options)
      const { openKmsProvider } = await import('../../store/index.js')
      const made = await openKmsProvider(name, endpoint, timeoutMs, now)
      kms.push(made)
      return { prefix: Buffer.from(`k8s:enc:kms:v2:${name}:`), transformer: made }
    }
  }
}

async function makeKmsV1(
  { name, endpoint, timeoutMs, cacheSize }: KmsConfiguration,
  kms: KmsPlugin[],
  { now, allowsV1, isRemote }: ProviderOptions,
): Promise<Prefixed> {
  if (!allowsV1)
    throw new Error(
      'KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.  Set --feature-gates=KMSv1=true to use the deprecated KMSv1 feature.',
    )
  if (!isRemote) throw new Error('KMSv1 needs etcd. Use KMSv2 with the embedded store.')
  const { openKmsV1Provider } = await import('../../store/index.js')
  const made = await openKmsV1Provider(name, endpoint, timeoutMs, cacheSize, now)
  kms.push(made)
  return { prefix: Buffer.from(`k8s:enc:kms:v1:${name}:`), transformer: made }
}

function withKeys(
  kind: string,
  keys: readonly NamedKey[],
  make: (key: Buffer) => Prefixed['transformer'],
  title: string,
): Prefixed {
  const ways = keys.map(({ name, secret }) => ({
    prefix: Buffer.from(`${name}:`),
    transformer: make(Buffer.from(secret, 'base64')),
  }))
  const transformer = byPrefix(ways, `no matching key was found for the provided ${title} transformer`)
  return { prefix: Buffer.from(`k8s:enc:${kind}:v1:`), transformer }
}
