import { asSent, type FieldShape, type Shape, type StructShape, shapeOf, sortedMap } from '../api/index.js'

/**
 * A part of an object as upstream prints it into messages: JSON of its internal types, which have Go's field names, keep empty
 * fields, and hold some of the fields in another order or place. Types of meta/v1 have no other form than their usual one.
 *
 * @param type as facts refer to it: `storage.v1.VolumeAttachmentSpec`
 */
export const internalForm = (value: unknown, type: string): unknown => form(value ?? {}, shapeOf(type))

/** Fields that the internal type has not, and fields that come elsewhere: field → the field it follows. */
const rearranged: Readonly<
  Record<string, { readonly without?: readonly string[]; readonly after?: readonly (readonly [string, string])[] }>
> = {
  'core.v1.PodSpec': {
    without: ['DeprecatedServiceAccount', 'HostNetwork', 'HostPID', 'HostIPC', 'ShareProcessNamespace', 'HostUsers'],
    after: [
      ['SetHostnameAsFQDN', 'Subdomain'],
      ['PreemptionPolicy', 'Priority'],
      ['EnableServiceLinks', 'Overhead'],
    ],
  },
  'core.v1.PodSecurityContext': { after: [['FSGroupChangePolicy', 'FSGroup']] },
  'core.v1.Volume': { after: [['Quobyte', 'RBD']] },
  'core.v1.PersistentVolumeSource': {
    after: [
      ['Quobyte', 'RBD'],
      ['FlexVolume', 'ISCSI'],
    ],
  },
}

function structForm(value: Record<string, unknown>, shape: StructShape): Record<string, unknown> {
  if (shape.ref.startsWith('meta.v1.')) return usualForm(value, shape) as Record<string, unknown>
  const out: Record<string, unknown> = {}
  for (const field of fieldsOf(shape)) {
    // The metadata of a template lies embedded, and its fields have JSON names.
    if (field.json === 'metadata') {
      Object.assign(out, value[field.json])
      continue
    }
    out[field.facts.go] =
      shape.ref === 'core.v1.PodSpec' && field.json === 'securityContext'
        ? { ...hostNamespaces(value), ...(fieldForm(value, field) as object | null) }
        : fieldForm(value, field)
  }
  return out
}

/** The usual form, with maps in the order in which Go writes them. */
function usualForm(value: unknown, shape: Shape): unknown {
  if (typeof value !== 'object' || value === null) return value
  switch (shape.kind) {
    case 'struct': {
      const out: Record<string, unknown> = { ...value }
      for (const { json, shape: held } of shape.fields)
        if (Object.hasOwn(out, json)) out[json] = usualForm(out[json], held)
      return out
    }
    case 'list':
      return (value as unknown[]).map((item) => usualForm(item, shape.item))
    case 'map':
      return sortedMap(value as Record<string, unknown>)
    default:
      return value
  }
}

/** The internal security context holds what the versioned pod spec holds itself. */
const hostNamespaces = (spec: Record<string, unknown>): Record<string, unknown> => ({
  HostNetwork: spec.hostNetwork ?? false,
  HostPID: spec.hostPID ?? false,
  HostIPC: spec.hostIPC ?? false,
  ShareProcessNamespace: spec.shareProcessNamespace ?? null,
  HostUsers: spec.hostUsers ?? null,
})

function fieldsOf(shape: StructShape): readonly FieldShape[] {
  const change = rearranged[shape.ref]
  if (change === undefined) return shape.fields
  const fields = shape.fields.filter(({ facts }) => !change.without?.includes(facts.go))
  for (const [moved, before] of change.after ?? []) {
    const [field] = fields.splice(position(fields, moved), 1)
    if (field !== undefined) fields.splice(position(fields, before) + 1, 0, field)
  }
  return fields
}

const position = (fields: readonly FieldShape[], go: string): number => fields.findIndex(({ facts }) => facts.go === go)

function fieldForm(owner: Record<string, unknown>, { json, shape, facts }: FieldShape): unknown {
  const value = asSent(owner, json)
  if (value === undefined || value === null) return facts.pointer === true ? null : zero(shape)
  return form(value, shape)
}

function form(value: unknown, shape: Shape): unknown {
  switch (shape.kind) {
    case 'struct':
      return structForm(value as Record<string, unknown>, shape)
    case 'list':
      return (value as unknown[]).map((item) => form(item, shape.item))
    case 'map': {
      const entries = Object.entries(sortedMap(value as Record<string, unknown>))
      return Object.fromEntries(entries.map(([name, item]) => [name, form(item, shape.value)]))
    }
    default:
      return value
  }
}

function zero(shape: Shape): unknown {
  switch (shape.kind) {
    case 'struct':
      return structForm({}, shape)
    case 'string':
      return ''
    case 'bool':
      return false
    case 'int32':
    case 'int64':
    case 'float64':
      return 0
    case 'special':
      return shape.ref === 'resource.Quantity' ? '0' : shape.ref === 'intstr.IntOrString' ? 0 : null
    default:
      return null
  }
}
