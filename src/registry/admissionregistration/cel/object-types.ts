import {
  CelError,
  entryOf,
  Fields,
  isFields,
  jsonPatchObject,
  listOf,
  mapOf,
  type ObjectType,
  objectType,
  Type,
  type TypeProvider,
  types,
  type Value,
} from '../../../cel/index.js'

/** What expressions of webhooks and policies know of requests and namespaces. Source: apiserver pkg/admission/plugin/cel. */

const { string, bool, dyn, int, timestamp } = types

export const requestType = objectType('kubernetes.AdmissionRequest')
export const namespaceType = objectType('kubernetes.Namespace')
/** The name of the type of `variables`, of which each policy has its own. */
export const variablesTypeName = 'kubernetes.variables'

const kindType = objectType('kubernetes.GroupVersionKind')
const resourceType = objectType('kubernetes.GroupVersionResource')
const userType = objectType('kubernetes.UserInfo')
const specType = objectType('kubernetes.NamespaceSpec')
const statusType = objectType('kubernetes.NamespaceStatus')
const conditionType = objectType('kubernetes.NamespaceCondition')
const metadataType = objectType('kubernetes.NamespaceMetadata')

const known: ReadonlyMap<string, ObjectType> = new Map(
  [
    plain(kindType, { group: string, version: string, kind: string }),
    plain(resourceType, { group: string, version: string, resource: string }),
    plain(userType, {
      username: string,
      uid: string,
      groups: listOf(string),
      extra: mapOf(string, listOf(string)),
    }),
    plain(requestType, {
      kind: kindType,
      resource: resourceType,
      subResource: string,
      requestKind: kindType,
      requestResource: resourceType,
      requestSubResource: string,
      name: string,
      namespace: string,
      operation: string,
      userInfo: userType,
      dryRun: bool,
      options: dyn,
    }),
    plain(namespaceType, { metadata: metadataType, spec: specType, status: statusType }),
    plain(specType, { finalizers: listOf(string) }),
    plain(statusType, { conditions: listOf(conditionType), phase: string }),
    plain(conditionType, {
      status: string,
      type: string,
      lastTransitionTime: timestamp,
      message: string,
      reason: string,
    }),
    plain(metadataType, {
      name: string,
      generateName: string,
      namespace: string,
      labels: mapOf(string, string),
      annotations: mapOf(string, string),
      // As upstream declares it, and no object has it.
      UID: string,
      creationTimestamp: timestamp,
      deletionGracePeriodSeconds: int,
      deletionTimestamp: timestamp,
      generation: int,
      resourceVersion: string,
      finalizers: listOf(string),
    }),
  ].map((each) => [each.type.name, each]),
)

/** An object type whose values are objects with members of these names, all of which may be missing. */
export function plain(type: Type, fields: Readonly<Record<string, Type>>): ObjectType {
  const declared = new Map(
    Object.entries(fields).map(([name, fieldType]) => [
      name,
      { type: fieldType, read: (object: Value) => (isFields(object) ? entryOf(object, name) : undefined) },
    ]),
  )
  return { type, field: (name) => declared.get(name) }
}

export const objectTypes: TypeProvider = { find: (name) => known.get(name) }

/** The same, and what mutations are made of: `JSONPatch`, and `Object`, `Object.metadata` ... of any name. */
export const patchTypes: TypeProvider = {
  find(name) {
    if (name === 'JSONPatch') return jsonPatch
    if (name === 'Object' || name.startsWith('Object.')) return configurationType(name)
    return known.get(name)
  },
}

/** A field nobody knows has a type without a name, as upstream tells it. */
const nameless = new Type('opaque', '')
const jsonPatch: ObjectType = {
  ...jsonPatchObject,
  field: (name) => jsonPatchObject.field(name) ?? { type: nameless, read: () => undefined },
}

export const configurationObject = objectType('Object')

/** Part of an apply configuration, as an expression writes it. Source: apiserver pkg/cel/mutation/dynamic. */
export class Configuration extends Fields {
  constructor(
    override readonly type: Type,
    readonly members: ReadonlyMap<string, Value>,
  ) {
    super()
  }

  get size(): number {
    return this.members.size
  }

  get(key: Value): Value | undefined {
    return typeof key === 'string' ? this.members.get(key) : undefined
  }

  keys(): readonly Value[] {
    return [...this.members.keys()]
  }
}

function configurationType(name: string): ObjectType {
  const type = objectType(name)
  return {
    type,
    field: (field) => ({
      type: dyn,
      read(object) {
        if (!(object instanceof Fields)) throw new CelError(`cannot get field "${field}"`)
        return object.get(field)
      },
    }),
    construct: (members) => new Configuration(type, new Map(members)),
  }
}
