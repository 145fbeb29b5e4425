import { catalog } from '../../registry/index.js'

/** Which resource lies under a prefix, as `group/resource`: `/registry/pods/` is `/pods`. Custom resources say it themselves. */
export function storedResources(): (prefix: string) => string {
  const byPrefix = new Map<string, string>([
    ['/registry/ranges/', '/servicenodeportallocations'],
    ['/registry/masterleases/', '/apiserveripinfo'],
    ['/registry/peerserverleases/', '/apiserverpeeripinfo'],
  ])
  for (const { storagePrefix, storageGroup, group, resource } of catalog)
    if (storagePrefix !== undefined && storageGroup === group) byPrefix.set(storagePrefix, `${group}/${resource}`)
  return (prefix) => byPrefix.get(prefix) ?? prefix.slice('/registry/'.length, -1)
}
