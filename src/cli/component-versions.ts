import { parseVersionNumbers } from '../api/index.js'

/**
 * The version that the items of --emulated-version or --min-compatibility-version give to "kube", of which it is the only
 * component and also the one that is meant if none is named; empty if none is given.
 *
 * @throws Error with the wording of component-base compatibility/registry.go
 */
export function componentVersion(items: readonly string[]): string {
  const versions = new Map<string, string>()
  for (const item of items) {
    const equals = item.indexOf('=')
    const component = equals < 0 ? 'kube' : item.slice(0, equals).trim()
    const text = equals < 0 ? item : item.slice(equals + 1).trim()
    const numbers = parseVersionNumbers(text)
    const version = numbers.join('.')
    if ((numbers[2] ?? 0) !== 0) throw new Error(`patch version not allowed, got: ${component}=${version}`)
    const before = versions.get(component)
    if (before !== undefined) {
      throw new Error(`duplicate version flag, ${component}=${before} and ${component}=${version}`)
    }
    versions.set(component, version)
  }
  for (const component of versions.keys()) {
    if (component !== 'kube') throw new Error(`component not registered: ${component}`)
  }
  return versions.get('kube') ?? ''
}
