import { ApiError, badRequest, conflict, copyJson, FieldErrors, type KubeObject } from '../api/index.js'
import { type UpdateStrategy, unstoredVersion, type VirtualResource, type WriteRequest } from '../registry/index.js'
import { type SubresourceEnvironment, success } from './environment.js'
import { setPodCondition } from './pod-conditions.js'

/** POST pods/{name}/binding: a scheduler says where a pod goes. Source: kubernetes pkg/registry/core/pod/storage. */
export const podBinding = (environment: SubresourceEnvironment): VirtualResource => ({
  version: unstoredVersion('', 'v1', 'Binding'),
  keepsSystemFields: true,
  create: (context, object, request) => bind(environment, context.info.name, object, request),
})

/** POST bindings: the same, the pod being named by the object alone. */
export const bindings = (environment: SubresourceEnvironment): VirtualResource => ({
  create: (_context, object, request) => {
    const { name = '' } = object.metadata
    if (name === '') throw badRequest('Name parameter required.')
    return bind(environment, name, object, request)
  },
})

async function bind(
  environment: SubresourceEnvironment,
  name: string,
  binding: KubeObject,
  request: WriteRequest,
): Promise<KubeObject> {
  if (name !== (binding.metadata.name ?? '')) throw badRequest('name in URL does not match name in Binding object')
  validate(binding)
  await request.admit?.(binding, undefined)
  const { namespace, dryRun, user } = request
  const { uid } = binding.metadata
  await environment.registry('/pods').update(name, {
    namespace,
    subresource: 'binding',
    dryRun,
    user,
    warn: (text) => request.warn(text),
    ...(uid ? { uid } : {}),
    strategy: asItIs,
    next: (pod) => assigned(environment, pod!, binding),
  })
  return success()
}

/** A wrong target is a plain 500 upstream too. */
function validate({ target }: KubeObject): void {
  const errors = new FieldErrors()
  if (target?.kind && target.kind !== 'Node')
    errors.notSupportedInOrder('target.kind', target.kind, ['Node', '<empty>'])
  if (!target?.name) errors.required('target.name')
  if (!errors.empty) throw new ApiError('', errors.message)
}

function assigned(environment: SubresourceEnvironment, existing: KubeObject, binding: KubeObject): KubeObject {
  const { name = '', namespace, resourceVersion } = existing.metadata
  const refuse = (why: string): never => {
    throw conflict({ group: '', resource: 'pods/binding' }, name, why)
  }
  const wanted = binding.metadata.resourceVersion
  if (wanted && wanted !== resourceVersion)
    throw conflict(
      { group: '', resource: 'pods' },
      name,
      `StorageError: invalid object, Code: 4, Key: ${environment.registry('/pods').key(namespace ?? '', name)}, ` +
        `ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ResourceVersion in precondition: ${wanted}, ` +
        `ResourceVersion in object meta: ${resourceVersion}`,
    )
  if (existing.metadata.deletionTimestamp !== undefined)
    refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
  if (existing.spec?.nodeName)
    refuse(`pod ${name} is already assigned to node ${JSON.stringify(existing.spec.nodeName)}`)
  if (existing.spec?.schedulingGates?.length > 0) refuse(`pod ${name} has non-empty .spec.schedulingGates`)

  const pod = copyJson(existing)
  pod.spec = { ...pod.spec, nodeName: binding.target.name }
  if (environment.enabled('ClearingNominatedNodeNameAfterBinding')) delete pod.status?.nominatedNodeName
  const { annotations, labels } = binding.metadata
  if (annotations !== undefined) pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations }
  if (labels !== undefined && environment.enabled('PodTopologyLabelsAdmission'))
    pod.metadata.labels = { ...pod.metadata.labels, ...labels }
  setPodCondition(pod, { type: 'PodScheduled', status: 'True' }, environment.now())
  return pod
}

/** The pod's own rules do not look at what a binding changes. */
const asItIs: UpdateStrategy = { prepare() {}, validate() {} }
