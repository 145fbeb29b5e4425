import { type KubeObject, notFound } from '../../api/index.js'
import type { AdmissionAttributes } from '../admission.js'
import { aggregate } from '../aggregate.js'
import type { Authorize } from '../authorization.js'
import type { ObjectReader } from '../objects.js'
import { refuse } from '../refuse.js'

export interface TokenRestriction {
  readonly objects: ObjectReader
  /** Absent: nodes may ask for any audience. */
  readonly authorize?: Authorize
}

/** A node may ask for tokens of pods that run on it, for audiences that these need. */
export async function validateNodeToken(
  attributes: AdmissionAttributes,
  node: string,
  { objects, authorize }: TokenRestriction,
): Promise<void> {
  const { operation, subresource, object, namespace } = attributes
  if (operation !== 'CREATE' || subresource !== 'token') return
  const reference = object?.spec?.boundObjectRef
  if (reference?.apiVersion !== 'v1' || reference.kind !== 'Pod' || !reference.name)
    throw refuse(attributes, 'node requested token not bound to a pod')
  if (!reference.uid) throw refuse(attributes, 'node requested token with a pod binding without a uid')
  const pod = objects.find('/pods', namespace, reference.name)
  if (pod === undefined) throw notFound({ group: '', resource: 'pod' }, reference.name)
  if (reference.uid !== pod.metadata.uid)
    throw refuse(
      attributes,
      `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  if (pod.spec?.nodeName !== node)
    throw refuse(attributes, 'node requested token bound to a pod scheduled on a different node')
  if (authorize !== undefined) await validateAudience(attributes, objects, authorize, pod)
}

async function validateAudience(
  attributes: AdmissionAttributes,
  objects: ObjectReader,
  authorize: Authorize,
  pod: KubeObject,
): Promise<void> {
  const { object, user, namespace, name } = attributes
  const audiences: readonly string[] = object?.spec?.audiences ?? []
  if (audiences.length > 1) throw refuse(attributes, 'node may only request 0 or 1 audiences')
  const [audience = ''] = audiences
  const problems: string[] = []
  if (needsAudience(objects, pod, audience, problems)) return
  if (problems.length > 0) throw refuse(attributes, `error validating audience "${audience}": ${aggregate(problems)}`)
  const verb = 'request-serviceaccounts-token-audience'
  const { allowed } = await authorize({
    user: user!,
    verb,
    namespace,
    apiGroup: '',
    apiVersion: 'v1',
    resource: audience,
    name,
  })
  if (!allowed)
    throw refuse(
      attributes,
      `audience "${audience}" not found in pod spec volume, ${user!.name} is not authorized to request tokens for this audience`,
    )
}

interface Volume {
  readonly name?: string
  readonly projected?: {
    readonly sources?: readonly { readonly serviceAccountToken?: { readonly audience?: string } }[]
  }
  readonly ephemeral?: { readonly volumeClaimTemplate?: unknown }
  readonly persistentVolumeClaim?: { readonly claimName?: string }
  readonly csi?: { readonly driver?: string }
}

/** Whether a projected token is for the audience, or a CSI driver behind a volume asks for its tokens. */
function needsAudience(objects: ObjectReader, pod: KubeObject, audience: string, problems: string[]): boolean {
  const namespace = pod.metadata.namespace ?? ''
  for (const volume of (pod.spec?.volumes ?? []) as Volume[]) {
    if (volume.projected?.sources?.some((source) => isFor(source.serviceAccountToken, audience))) return true
    try {
      const driver = driverOf(objects, namespace, pod.metadata.name ?? '', volume)
      if (driver === undefined) continue
      const found = objects.find('storage.k8s.io/csidrivers', '', driver)
      if (found === undefined) throw notFound({ group: 'storage.k8s.io', resource: 'csidriver' }, driver)
      const requests: readonly { audience?: string }[] = found.spec?.tokenRequests ?? []
      if (requests.some((request) => isFor(request, audience))) return true
    } catch (error) {
      problems.push((error as Error).message)
    }
  }
  return false
}

const isFor = (token: { readonly audience?: string } | undefined, audience: string): boolean =>
  token !== undefined && (token.audience ?? '') === audience

function driverOf(objects: ObjectReader, namespace: string, pod: string, volume: Volume): string | undefined {
  const claimName =
    volume.ephemeral?.volumeClaimTemplate === undefined
      ? volume.persistentVolumeClaim?.claimName
      : `${pod}-${volume.name}`
  if (claimName === undefined) return volume.csi?.driver
  const claim = objects.find('/persistentvolumeclaims', namespace, claimName)
  if (claim === undefined) throw notFound({ group: '', resource: 'persistentvolumeclaim' }, claimName)
  const volumeName: string = claim.spec?.volumeName ?? ''
  const found = objects.find('/persistentvolumes', '', volumeName)
  if (found === undefined) throw notFound({ group: '', resource: 'persistentvolume' }, volumeName)
  return found.spec?.csi?.driver
}
