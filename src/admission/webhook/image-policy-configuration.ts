import { formatDuration } from '../../api/index.js'
import { clientConfigOf, ReviewClient, readKubeconfig } from '../../http/index.js'
import type { ImagePolicy } from './image-policy.js'

const second = 1000
const minute = 60 * second

/**
 * The configuration of ImagePolicyWebhook, which cannot do without. Throws Error.
 * Source: kubernetes plugin/pkg/admission/imagepolicy/config.go.
 */
export async function imagePolicy(document: unknown): Promise<ImagePolicy> {
  if (document === undefined) throw new Error('no config specified')
  const { imagePolicy: given = {} } = (document ?? {}) as { imagePolicy?: Readonly<Record<string, unknown>> }
  const number = (name: string): number => (typeof given[name] === 'number' ? (given[name] as number) : 0)
  const backoffMs = within(number('retryBackoff'), 1, 1e-6, 5 * minute, 500)
  const allowTtlMs = within(number('allowTTL'), second, second, 30 * minute, 5 * minute)
  const denyTtlMs = within(number('denyTTL'), second, second, 30 * minute, 30 * second)
  const file = typeof given.kubeConfigFile === 'string' ? given.kubeConfigFile : ''
  const config = clientConfigOf(await readKubeconfig(file))
  const kind = { group: 'imagepolicy.k8s.io', version: 'v1alpha1', kind: 'ImageReview' }
  const client = new ReviewClient(config, kind, { backoffMs })
  return {
    review: (spec) => client.review(spec),
    allowTtlMs,
    denyTtlMs,
    defaultAllow: given.defaultAllow === true,
    close: () => client.close(),
  }
}

/** Milliseconds; 0 asks for the usual, -1 for none. */
function within(value: number, unitMs: number, min: number, max: number, usual: number): number {
  if (value === -1) return 0
  if (value === 0) return usual
  const ms = value * unitMs
  if (ms >= min && ms <= max) return ms
  const text = (each: number): string => formatDuration(BigInt(Math.round(each * 1e6)))
  throw new Error(`valid value is between ${text(min)} and ${text(max)}, got ${text(ms)}`)
}
