import type { KubeObject } from '../../api/index.js'
import { type GenericRegistry, isTooLarge, type Updated, type UpdateRequest } from '../../registry/index.js'

/** An update; if the store refuses the object as too large, the same without managedFields, which may be most of it. */
export async function updateOrLeaner(
  registry: GenericRegistry,
  name: string,
  request: UpdateRequest,
): Promise<Updated> {
  try {
    return await registry.update(name, request)
  } catch (error) {
    if (!isTooLarge(error)) throw error
    return registry.update(name, {
      ...request,
      next: async (existing, size) => withoutOwners(await request.next(existing, size)),
    })
  }
}

export function withoutOwners(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}
