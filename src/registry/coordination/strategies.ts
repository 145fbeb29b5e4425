import { type FieldErrors, qualifiedName } from '../../api/index.js'

/** The strategy that Kubernetes has itself; others have a domain. */
export const oldestEmulationVersion = 'OldestEmulationVersion'

/** How a leader is chosen. `path` is the field's; that its name is told twice is upstream's way. */
export function validateElectionStrategy(strategy: string, path: string, errors: FieldErrors): void {
  const at = `${path}.strategy`
  if (strategy.includes('/')) qualifiedName(errors, at, strategy)
  else if (strategy !== oldestEmulationVersion) errors.notSupported(at, strategy, [oldestEmulationVersion])
}
