/**
 * The stream of changes that a key of kube-apiserver's layout belongs to: `/registry/pods/`; two parts where the first is an
 * API group (custom resources, definitions, APIServices) or `services`.
 */
export function streamOf(key: string): string {
  const first = key.indexOf('/', 1) + 1
  const second = key.indexOf('/', first) + 1
  if (first === 0 || second === 0) return `${key}/`
  const part = key.slice(first, second - 1)
  if (part !== 'services' && !part.includes('.')) return key.slice(0, second)
  const third = key.indexOf('/', second) + 1
  return third === 0 ? key.slice(0, second) : key.slice(0, third)
}
