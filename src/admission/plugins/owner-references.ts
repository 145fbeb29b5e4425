import { equalJson, type OwnerReference, parseApiVersion } from '../../api/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import type { Authorize } from '../authorization.js'
import { refuse } from '../refuse.js'
import { isOf } from '../resources.js'

/** A resource under which objects of a kind are served. */
export interface ResourceMapping {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly namespaced: boolean
}

/** The resources of a kind in a version; none if it is not served. Upstream: RESTMapper. */
export type MapKind = (group: string, version: string, kind: string) => readonly ResourceMapping[]

/**
 * Who changes owner references must be allowed to delete the object, and who lets it block the deletion of its owner, to
 * set finalizers there.
 *
 * @see kubernetes plugin/pkg/admission/gc
 */
export function ownerReferencesPermissionEnforcement(authorize: Authorize, mapKind: MapKind): AdmissionPlugin {
  return {
    name: 'OwnerReferencesPermissionEnforcement',
    handles: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    async validate(attributes) {
      const { object, oldObject, operation, resource, subresource, user, namespace, name } = attributes
      if (object === undefined || user === undefined) return
      if (subresource === 'status' && isOf(attributes, '', 'pods')) return
      const now = object.metadata?.ownerReferences ?? []
      const before = oldObject?.metadata?.ownerReferences ?? []
      if (equalJson(now, before)) return
      if (operation !== 'CREATE') {
        const { allowed, reason } = await authorize({
          user,
          verb: 'delete',
          namespace,
          apiGroup: resource.group,
          apiVersion: resource.version,
          resource: resource.resource,
          subresource,
          name,
        })
        if (!allowed)
          throw refuse(attributes, `cannot set an ownerRef on a resource you can't delete: ${reason}, <nil>`)
      }
      const blocking = newlyBlocking(now, before)
      if (blocking.length === 0) return
      const anything = { apiGroup: '*', apiVersion: '*', resource: '*', subresource: 'finalizers', name: '*' }
      if ((await authorize({ user, verb: 'update', ...anything })).allowed) return
      for (const reference of blocking) await checkFinalizers(attributes, reference)
    },
  }

  async function checkFinalizers(attributes: AdmissionAttributes, reference: OwnerReference): Promise<void> {
    const { user, namespace } = attributes
    const { apiVersion, kind, name } = reference
    const { group, version } = parseApiVersion(apiVersion)
    const mappings = mapKind(group, version, kind)
    if (mappings.length === 0)
      throw refuse(
        attributes,
        `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${apiVersion} Kind ${kind}: no matches for kind "${kind}" in version "${apiVersion}"`,
      )
    for (const mapping of mappings) {
      const { allowed, reason } = await authorize({
        user: user!,
        verb: 'update',
        apiGroup: mapping.group,
        apiVersion: mapping.version,
        resource: mapping.resource,
        subresource: 'finalizers',
        name,
        ...(mapping.namespaced ? { namespace } : {}),
      })
      if (!allowed)
        throw refuse(
          attributes,
          `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${reason}, <nil>`,
        )
    }
  }
}

function newlyBlocking(now: readonly OwnerReference[], before: readonly OwnerReference[]): OwnerReference[] {
  const blocked = new Set(before.filter(({ blockOwnerDeletion }) => blockOwnerDeletion).map(({ uid }) => uid))
  return now.filter(({ blockOwnerDeletion, uid }) => blockOwnerDeletion === true && !blocked.has(uid))
}
