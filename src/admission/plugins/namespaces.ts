import { ApiError, notFound } from '../../api/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import type { ObjectReader } from '../objects.js'
import { refuse } from '../refuse.js'

const concerns = ({ namespace, kind }: AdmissionAttributes): boolean =>
  namespace !== '' && !(kind.group === '' && kind.kind === 'Namespace')

/**
 * Makes the namespaces that are written to and not there.
 *
 * @param create makes a namespace, or leaves one alone that somebody has made meanwhile
 * @see kubernetes plugin/pkg/admission/namespace/autoprovision
 */
export function namespaceAutoProvision(
  objects: ObjectReader,
  create: (name: string) => Promise<void>,
): AdmissionPlugin {
  return {
    name: 'NamespaceAutoProvision',
    handles: (operation) => operation === 'CREATE',
    async admit(attributes) {
      const { namespace, dryRun } = attributes
      if (dryRun || !concerns(attributes) || objects.find('/namespaces', '', namespace) !== undefined) return
      try {
        await create(namespace)
      } catch (error) {
        if (error instanceof ApiError && error.reason !== 'Forbidden') throw refuse(attributes, error.message)
        throw error
      }
    },
  }
}

/** Refuses whatever is in no namespace that there is. @see kubernetes plugin/pkg/admission/namespace/exists */
export function namespaceExists(objects: ObjectReader): AdmissionPlugin {
  return {
    name: 'NamespaceExists',
    handles: (operation) => operation !== 'CONNECT',
    validate(attributes) {
      const { namespace } = attributes
      if (concerns(attributes) && objects.find('/namespaces', '', namespace) === undefined)
        throw notFound({ group: '', resource: 'namespaces' }, namespace)
    },
  }
}
