import type { KubeObject } from '../api/index.js'
import type { StoredRecord } from '../store/index.js'
import type { Resource } from './resource.js'

/** Which objects of a resource a list or watch is about. Absent members select everything. */
export interface Selection {
  /** Judges `metadata.labels`. */
  readonly labels?: (labels: Readonly<Record<string, string>>) => boolean
  /** Judges the resource's selectable fields, metadata.name and metadata.namespace among them. */
  readonly fields?: (fields: Readonly<Record<string, string>>) => boolean
}

type Indexed = readonly [
  labels: Record<string, string> | 0,
  fields: Readonly<Record<string, string>> | 0,
  unsettled?: 1,
]

const nothing = Buffer.alloc(0)

/**
 * What a record carries beside its JSON so that selectors need not parse it: `[labels, fields]`, 0 for none.
 * Objects without either have an empty index.
 * @param unsettled the next update is written even if it changes nothing
 */
export function selectionIndex(resource: Pick<Resource, 'rules'>, object: KubeObject, unsettled = false): Buffer {
  const labels = object.metadata.labels
  const fields = fieldValues(resource, object)
  if (labels === undefined && fields === undefined && !unsettled) return nothing
  const indexed: Indexed = unsettled ? [labels ?? 0, fields ?? 0, 1] : [labels ?? 0, fields ?? 0]
  return Buffer.from(JSON.stringify(indexed))
}

/** Whether the record waits for its first update: see `unsettledWhenCreated`. */
export const isUnsettled = ({ index }: Pick<StoredRecord, 'index'>): boolean =>
  index.length > 0 && index[index.length - 2] === one

const one = '1'.charCodeAt(0)

/** The labels in a record's index. */
export function labelsOf({ index }: StoredRecord): Readonly<Record<string, string>> {
  const labels = index.length === 0 ? 0 : (JSON.parse(index.toString()) as Indexed)[0]
  return labels === 0 ? {} : labels
}

function fieldValues({ rules }: Pick<Resource, 'rules'>, object: KubeObject): Record<string, string> | undefined {
  if (rules.fields === undefined) return undefined
  const values: Record<string, string> = {}
  for (const [field, read] of Object.entries(rules.fields)) values[field] = read(object)
  return values
}

/** A predicate over records, or undefined if the selection takes everything. */
export function recordMatcher(
  resource: Resource,
  prefix: string,
  { labels, fields }: Selection,
): ((record: StoredRecord) => boolean) | undefined {
  if (labels === undefined && fields === undefined) return undefined
  const form = resource.storage?.form
  return (record) => {
    const [ownLabels, ownFields]: Indexed =
      record.index.length === 0 ? [0, 0] : (JSON.parse(record.index.toString()) as Indexed)
    if (labels !== undefined && !labels(ownLabels === 0 ? {} : ownLabels)) return false
    return (
      fields === undefined ||
      fields({
        ...(ownFields === 0 ? form?.fields?.(record) : ownFields),
        ...identity(resource, prefix, record.key),
      })
    )
  }
}

function identity(resource: Resource, prefix: string, key: string): Record<string, string> {
  const slash = resource.namespaced ? key.indexOf('/', prefix.length) : -1
  return {
    'metadata.name': key.slice(slash < 0 ? prefix.length : slash + 1),
    'metadata.namespace': slash < 0 ? '' : key.slice(prefix.length, slash),
  }
}
