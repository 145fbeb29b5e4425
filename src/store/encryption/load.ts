import type { KmsProvider } from './kms.js'
import type { KmsV1Provider } from './kms-v1.js'
import type { Transformer } from './transformer.js'

/** Makes secretboxes. Its library is loaded now. */
export async function loadSecretbox(): Promise<(key: Buffer) => Transformer> {
  return (await import('./secretbox.js')).secretbox
}

/** A KMS v2 plugin that has been asked how it is. */
export async function openKmsProvider(
  name: string,
  endpoint: string,
  timeoutMs: number,
  now: () => number,
): Promise<KmsProvider> {
  const [{ KmsProvider }, { openKmsService }] = await Promise.all([import('./kms.js'), import('./kms-service.js')])
  const provider = new KmsProvider(name, openKmsService(endpoint, timeoutMs), now)
  await provider.start()
  return provider
}

/** A KMS v1 plugin, which has not been asked anything. */
export async function openKmsV1Provider(
  name: string,
  endpoint: string,
  timeoutMs: number,
  cacheSize: number,
  now: () => number,
): Promise<KmsV1Provider> {
  const [{ KmsV1Provider }, { openKmsV1Service }] = await Promise.all([
    import('./kms-v1.js'),
    import('./kms-v1-service.js'),
  ])
  return new KmsV1Provider(name, openKmsV1Service(endpoint, timeoutMs), cacheSize, now)
}
