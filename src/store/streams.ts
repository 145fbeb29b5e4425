/**
 * The stream of changes that a key of kube-apiserver's layout belongs to: `/registry/pods/`; two parts where the first is an
 * API group (custom resources, definitions, APIServices) or `services`.
 *
 * @param root length of what all keys begin with; that of `/registry` by itself
 */
export function streamOf(key: string, root = '/registry'.length): string {
  const first = root + 1
  const second = key.indexOf('/', first) + 1
  if (second === 0) return `${key}/`
  const part = key.slice(first, second - 1)
  if (part !== 'services' && !part.includes('.')) return key.slice(0, second)
  const third = key.indexOf('/', second) + 1
  return third === 0 ? key.slice(0, second) : key.slice(0, third)
}
