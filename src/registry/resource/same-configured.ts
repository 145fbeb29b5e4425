import { equalJson, goJson } from '../../api/index.js'
import type { DeviceConfiguration } from './types.js'

interface Configured {
  readonly devices?: { readonly config?: readonly DeviceConfiguration[] | null }
}

/**
 * Whether two specs or allocations are the same to upstream, which compares what is opaque by its bytes: there the order of
 * keys counts, which strategic merge patches and applies change.
 */
export function sameConfigured(spec: Configured | undefined, old: Configured | undefined): boolean {
  return equalJson(spec, old) && parameters(spec) === parameters(old)
}

const parameters = (of: Configured | undefined): string =>
  goJson(of?.devices?.config?.map(({ opaque }) => opaque?.parameters ?? null))
