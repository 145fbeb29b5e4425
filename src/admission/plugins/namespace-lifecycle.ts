import { ApiError, forbidden, type KubeObject, notFound } from '../../api/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'

const immortal = new Set(['default', 'kube-system', 'kube-public'])

/**
 * Refuses to create objects in namespaces that do not exist or are going away, and to delete the namespaces that a cluster
 * cannot be without.
 *
 * @param namespaceNamed looks a namespace up in the store; undefined if it is not there
 * @param fresh after it, what another server has made is there as well
 * @see apiserver pkg/admission/plugin/namespace/lifecycle
 */
export function namespaceLifecycle(
  namespaceNamed: (name: string) => KubeObject | undefined,
  fresh: () => Promise<void> | undefined = () => undefined,
): AdmissionPlugin {
  const lookAgain = (check: () => void): Promise<void> | void => {
    const done = fresh()
    return done === undefined ? check() : done.then(check)
  }
  return {
    name: 'NamespaceLifecycle',
    handles: (operation) => operation !== 'CONNECT',
    admit(attributes) {
      const { operation, resource, namespace, name } = attributes
      const ofNamespaces = resource.group === '' && attributes.kind.kind === 'Namespace'
      if (operation === 'DELETE') {
        if (ofNamespaces && attributes.subresource === '' && immortal.has(name))
          throw forbidden(resource, name, 'this namespace may not be deleted')
        return
      }
      if (namespace === '' || ofNamespaces) return
      if (resource.group === 'authorization.k8s.io' && resource.resource === 'localsubjectaccessreviews') return
      const check = (found: KubeObject | undefined): void => {
        if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace)
        if (operation === 'CREATE' && found.status?.phase === 'Terminating') throw terminating(attributes)
      }
      const found = namespaceNamed(namespace)
      return found === undefined ? lookAgain(() => check(namespaceNamed(namespace))) : check(found)
    },
  }
}

function terminating({ resource, namespace, name, object }: AdmissionAttributes): ApiError {
  const plain = forbidden(
    resource,
    name !== '' ? name : (object?.metadata.name ?? ''),
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  )
  return new ApiError('Forbidden', plain.message, {
    ...plain.details,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  })
}
