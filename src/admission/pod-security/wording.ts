import type { Container } from './pod.js'

/** `"a", "b"` */
export const quoted = (items: Iterable<string>): string => [...items].map((item) => `"${item}"`).join(', ')

export const plural = (count: number, one: string, many = `${one}s`): string => (count === 1 ? one : many)

/** `container "a"`, `containers "a", "b"` */
export const containersText = (containers: readonly Container[]): string =>
  `${plural(containers.length, 'container')} ${quoted(containers.map(({ name }) => name ?? ''))}`

/** Who has set what is forbidden: `pod and container "a"`; empty if nobody has. */
export function settersText(pod: boolean, containers: readonly Container[]): string {
  const setters = pod ? ['pod'] : []
  if (containers.length > 0) setters.push(containersText(containers))
  return setters.join(' and ')
}

/** Each once, in order. */
export const sorted = (items: Iterable<string>): string[] => [...new Set(items)].sort()
