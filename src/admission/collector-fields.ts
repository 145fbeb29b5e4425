import { equalJson, type KubeObject } from '../api/index.js'

/** Whether an update touches only what the garbage collector does. Source: pkg/registry/rbac, IsOnlyMutatingGCFields. */
export function onlyCollectorFieldsDiffer(object: KubeObject, old: KubeObject | undefined): boolean {
  return old !== undefined && equalJson(rest(object), rest(old))
}

function rest({ metadata, ...object }: KubeObject): Record<string, unknown> {
  const { ownerReferences: _, finalizers: __, selfLink: ___, managedFields: ____, ...others } = metadata
  return { ...object, metadata: others }
}
