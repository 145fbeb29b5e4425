import { catalog } from '../../registry/index.js'

/**
 * What servers keep for themselves, by prefix, and what metrics call it. The last are of kube-apiservers alone. None of it is
 * ever encrypted: upstream reads it without the transformers of resources, and does not start if it cannot.
 */
export const hiddenResources: ReadonlyMap<string, string> = new Map([
  ['/registry/ranges/', '/servicenodeportallocations'],
  ['/registry/masterleases/', '/apiServerIPInfo'],
  ['/registry/peerserverleases/', '/apiServerPeerIPInfo'],
])

/** Which resource lies under a prefix, as `group/resource`: `/registry/pods/` is `/pods`. Custom resources say it themselves. */
export function storedResources(): (prefix: string) => string {
  const byPrefix = new Map(hiddenResources)
  for (const { storagePrefix, storageGroup, group, resource } of catalog)
    if (storagePrefix !== undefined && storageGroup === group) byPrefix.set(storagePrefix, `${group}/${resource}`)
  return (prefix) => byPrefix.get(prefix) ?? prefix.slice('/registry/'.length, -1)
}
