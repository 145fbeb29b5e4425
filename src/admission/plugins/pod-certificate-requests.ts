import { type GroupResource, type KubeObject, notFound } from '../../api/index.js'
import type { AdmissionAttributes } from '../admission.js'
import type { ObjectReader } from '../objects.js'
import { failure, refuse } from '../refuse.js'

/** A node may ask for certificates of pods that run on it, naming all of them as they are. */
export function validatePodCertificateRequest(
  objects: ObjectReader,
  attributes: AdmissionAttributes,
  node: string,
  enabled: boolean,
): void {
  const { operation, subresource, namespace, object } = attributes
  if (!enabled) throw refuse(attributes, 'PodCertificateRequest feature gate is disabled')
  if (operation !== 'CREATE') throw refuse(attributes, `unexpected operation ${operation}`)
  if (subresource !== '') throw refuse(attributes, `unexpected subresource ${subresource}`)
  const { nodeName = '', nodeUID = '', podName = '', podUID = '', ...spec } = object?.spec ?? {}
  const { serviceAccountName = '', serviceAccountUID = '' } = spec
  if (nodeName !== node)
    throw refuse(
      attributes,
      `PodCertificateRequest.Spec.NodeName="${nodeName}", which is not the requesting node "${node}"`,
    )
  const found = need(objects, 'nodes', '', nodeName, `node "${nodeName}"`)
  const where = `${namespace}/${podName}`
  const request = `PodCertificateRequest for pod "${where}"`
  if (found.metadata.uid !== nodeUID)
    throw failure(
      `${request} names node UID "${nodeUID}", inconsistent with the running node ("${found.metadata.uid}")`,
    )
  const pod = need(objects, 'pods', namespace, podName, `pod "${where}"`)
  if (pod.metadata.uid !== podUID)
    throw failure(`${request} contains pod UID ("${podUID}") which differs from running pod "${pod.metadata.uid}"`)
  if (pod.spec?.nodeName !== nodeName)
    throw refuse(attributes, `pod "${where}" is not running on node "${nodeName}" named in the PodCertificateRequest`)
  if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined)
    throw refuse(attributes, `pod "${where}" is a mirror pod`)
  const actual: string = pod.spec?.serviceAccountName ?? ''
  if (serviceAccountName !== actual)
    throw refuse(
      attributes,
      `${request} contains serviceAccountName ("${serviceAccountName}") that differs from running pod ("${actual}")`,
    )
  const account = need(
    objects,
    'serviceaccounts',
    namespace,
    serviceAccountName,
    `service account "${namespace}/${serviceAccountName}"`,
  )
  if (account.metadata.uid !== serviceAccountUID)
    throw failure(
      `${request} names service account UID "${serviceAccountUID}", which differs from the running service account ("${account.metadata.uid}")`,
    )
}

function need(objects: ObjectReader, resource: string, namespace: string, name: string, what: string): KubeObject {
  const found = objects.find(`/${resource}`, namespace, name)
  if (found !== undefined) return found
  const of: GroupResource = { group: '', resource: resource === 'nodes' ? 'node' : resource.replace(/s$/, '') }
  throw failure(`while retrieving ${what} named in the PodCertificateRequest: ${notFound(of, name).message}`)
}
