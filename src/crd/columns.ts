import { compileJsonPath, goNumber, type JsonPath, type KubeObject } from '../api/index.js'
import { stringifyJson } from '../codec/index.js'
import { since, type TableColumns } from '../registry/index.js'
import type { PrinterColumn } from './definition.js'

type Cell = string | number | boolean | null

const age: PrinterColumn = {
  name: 'Age',
  type: 'date',
  description: 'How long ago the object was created.',
  jsonPath: '.metadata.creationTimestamp',
}

/** The columns that show scales of custom resources. */
export const scaleColumns: readonly PrinterColumn[] = [
  { name: 'Desired', type: 'integer', description: 'Number of desired replicas.', jsonPath: '.spec.replicas' },
  { name: 'Available', type: 'integer', description: 'Number of replicas there are.', jsonPath: '.status.replicas' },
  age,
]

/**
 * The table columns of a custom resource: its name, then those of the definition, or its age if it has none. A column whose
 * path does not compile ends the table, as upstream has it.
 * @see apiextensions pkg/registry/customresource/tableconvertor
 */
export function customColumns(defined: readonly PrinterColumn[] | undefined): TableColumns {
  const columns = compiled(defined === undefined || defined.length === 0 ? [age] : defined)
  return {
    definitions: [
      {
        name: 'Name',
        type: 'string',
        format: 'name',
        description: 'Name of the object, unique among those of its kind (and namespace).',
        priority: 0,
      },
      ...columns.map(({ column }) => ({
        name: column.name,
        type: column.type as TableColumns['definitions'][number]['type'],
        format: column.format ?? '',
        description: column.description || `Custom resource definition column (in JSONPath format): ${column.jsonPath}`,
        priority: column.priority ?? 0,
      })),
    ],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      ...columns.map(({ column, path }) => cellOf(object, column.type, path, now)),
    ],
  }
}

function compiled(columns: readonly PrinterColumn[]): { column: PrinterColumn; path: JsonPath }[] {
  const found: { column: PrinterColumn; path: JsonPath }[] = []
  for (const column of columns) {
    try {
      found.push({ column, path: compileJsonPath(column.jsonPath) })
    } catch {
      break
    }
  }
  return found
}

function cellOf(object: KubeObject, type: string, path: JsonPath, now: number): Cell {
  let value: unknown
  try {
    const found = path(object)
    if (found.length === 0) return null
    value = found[0]
  } catch {
    return null
  }
  if (value === null || value === undefined) return type === 'string' ? '<no value>' : null
  switch (type) {
    case 'string':
      return textOf(value)
    case 'integer':
      return typeof value === 'number' || typeof value === 'bigint' ? wholeNumber(value) : null
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return typeof value === 'string' ? dateText(value, now) : null
    default:
      return null
  }
}

/** Go's conversion to int64, as it comes out where the number does not fit. */
function wholeNumber(value: number | bigint): Cell {
  if (typeof value === 'bigint' || Math.abs(value) < 2 ** 63) return Math.trunc(Number(value))
  return -(2 ** 63)
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return goNumber(value)
  return typeof value === 'object' ? escaped(stringifyJson(value)) : String(value)
}

/** As Go writes JSON that may be shown in HTML. */
const escaped = (json: string): string =>
  json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)

function dateText(value: string, now: number): string {
  if (value === '' || value === 'null') return '<unknown>'
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(value) ? since(value, now) : '<invalid>'
}
