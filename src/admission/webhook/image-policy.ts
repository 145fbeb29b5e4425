import { LRUCache } from 'lru-cache'
import type { KubeObject } from '../../api/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import { refuse } from '../refuse.js'
import { isOf } from '../resources.js'

/** Who judges images, and how long an answer is good for. Source: kubernetes plugin/pkg/admission/imagepolicy. */
export interface ImagePolicy {
  /** Sends the spec of an ImageReview and gives the answer. Rejects where there is none. */
  review(spec: object): Promise<KubeObject>
  readonly allowTtlMs: number
  readonly denyTtlMs: number
  /** What comes of it if nobody answers. */
  readonly defaultAllow: boolean
  close(): void
}

interface Status {
  readonly allowed?: boolean
  readonly reason?: string
  readonly auditAnnotations?: Readonly<Record<string, string>>
}

interface Kept {
  readonly status: Status
  readonly until: number
}

const cacheSize = 1024
const auditPrefix = 'imagepolicywebhook.image-policy.k8s.io/'
const failedOpen = 'alpha.image-policy.k8s.io/failed-open'

/** Another server has to agree to the images of pods. */
export function imagePolicyWebhook(policy: ImagePolicy, now: () => number): AdmissionPlugin {
  const kept = new LRUCache<string, Kept>({ max: cacheSize })

  /** Undefined: nobody answers, and that is all right. */
  const statusOf = async (spec: object, attributes: AdmissionAttributes): Promise<Status | undefined> => {
    const key = JSON.stringify(spec)
    const known = kept.get(key)
    if (known !== undefined && known.until > now()) return known.status
    let status: Status
    try {
      status = (await policy.review(spec)).status ?? {}
    } catch (error) {
      if (!policy.defaultAllow) throw refuse(attributes, (error as Error).message)
      return undefined
    }
    const ttl = status.allowed === true ? policy.allowTtlMs : policy.denyTtlMs
    if (ttl > 0) kept.set(key, { status, until: now() + ttl })
    return status
  }

  const judge = async (attributes: AdmissionAttributes, pod: KubeObject): Promise<void> => {
    const status = await statusOf(specOf(attributes, pod), attributes)
    if (status === undefined) {
      attributes.annotate?.(`${auditPrefix}failed-open`, 'true')
      pod.metadata.annotations = { ...pod.metadata.annotations, [failedOpen]: 'true' }
      return
    }
    for (const [key, value] of Object.entries(status.auditAnnotations ?? {}))
      attributes.annotate?.(auditPrefix + key, value)
    if (status.allowed === true) return
    const { reason = '' } = status
    throw refuse(
      attributes,
      reason === ''
        ? 'one or more images rejected by webhook backend'
        : `image policy webhook backend denied one or more images: ${reason}`,
    )
  }

  return {
    name: 'ImagePolicyWebhook',
    handles: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    validate(attributes) {
      const { object, subresource } = attributes
      if (object === undefined || !isOf(attributes, '', 'pods')) return
      if (subresource === '' || subresource === 'ephemeralcontainers') return judge(attributes, object)
    },
    close: () => policy.close(),
  }
}

function specOf({ subresource, namespace }: AdmissionAttributes, { spec = {}, metadata }: KubeObject): object {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = spec
  const judged: { image?: string }[] = subresource === '' ? [...containers, ...initContainers] : ephemeralContainers
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) =>
    key.includes('.image-policy.k8s.io/'),
  )
  return {
    containers: judged.map(({ image = '' }) => (image === '' ? {} : { image })),
    ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
    ...(namespace === '' ? {} : { namespace }),
  }
}
