import type { Json, KubeObject } from '../../api/index.js'
import { type PrintOptions, since } from './format.js'

/** A column of a metav1.Table, members in the order in which Go writes them. */
export interface ColumnDefinition {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  /** `name`, or for columns of custom resources any format that their definition gives. */
  readonly format: string
  readonly description: string
  /** 0: always shown; 1: in wide output. */
  readonly priority: number
}

/** metav1.TableRowCondition. */
export interface RowCondition {
  readonly type: 'Completed'
  readonly status: 'True'
  readonly reason: string
  readonly message: string
}

/** How the objects of a kind become rows of a table. Objects are in their storage version. */
export interface TableColumns {
  readonly definitions: readonly ColumnDefinition[]
  /** Usually one cell a definition. Upstream has a kind (IPAddress) with a cell too many, and so has this. */
  cells(object: KubeObject, options: PrintOptions): readonly Json[]
  /** Absent or undefined: the row has none. */
  conditions?(object: KubeObject): readonly RowCondition[] | undefined
  /** The order of a list's rows where it is not the list's own: FlowSchemas. */
  compare?(a: KubeObject, b: KubeObject): number
}

/** One column: its definition and its cell. */
export interface Column {
  readonly name: string
  readonly description: string
  readonly cell: (object: KubeObject, options: PrintOptions) => Json
  /** Default: string. */
  readonly type?: ColumnDefinition['type']
  readonly format?: 'name'
  /** Shown in wide output only. */
  readonly wide?: true
  /** The cell is written without a definition. */
  readonly undeclared?: true
}

export function tableOf(columns: readonly Column[], rest: Pick<TableColumns, 'compare'> = {}): TableColumns {
  const cells = columns.map(({ cell }) => cell)
  return {
    definitions: columns.filter(({ undeclared }) => undeclared !== true).map(definitionOf),
    cells: (object, options) => cells.map((cell) => cell(object, options)),
    ...rest,
  }
}

export const definitionOf = (column: Omit<Column, 'cell'>): ColumnDefinition => ({
  name: column.name,
  type: column.type ?? 'string',
  format: column.format ?? '',
  description: column.description,
  priority: column.wide === true ? 1 : 0,
})

export const nameColumn: Column = {
  name: 'Name',
  format: 'name',
  description: 'Name of the object, unique among those of its kind (and namespace).',
  cell: ({ metadata }) => metadata.name ?? '',
}

export const ageColumn: Column = {
  name: 'Age',
  description: 'How long ago the object was created.',
  cell: ({ metadata }, { now }) => since(metadata.creationTimestamp, now),
}

/** Upstream's default table convertor: for the few built-in kinds that have no printer of their own. */
export const defaultColumns: TableColumns = tableOf([
  nameColumn,
  {
    name: 'Created At',
    type: 'date',
    description: 'When the object was created, in UTC.',
    cell: ({ metadata }) => metadata.creationTimestamp ?? '0001-01-01T00:00:00Z',
  },
])

type Template = { spec?: { containers?: { name?: string; image?: string }[] } } | undefined

/** Names and images of the containers of a pod template, in wide output. */
export const containerColumns = (template: (object: KubeObject) => Template): readonly Column[] => [
  {
    name: 'Containers',
    wide: true,
    description: 'Names of the containers in the template.',
    cell: (object) => containerNames(template(object)),
  },
  {
    name: 'Images',
    wide: true,
    description: 'Images of the containers in the template.',
    cell: (object) => containerImages(template(object)),
  },
]

export const containerNames = (template: Template): string =>
  (template?.spec?.containers ?? []).map(({ name }) => name ?? '').join(',')

export const containerImages = (template: Template): string =>
  (template?.spec?.containers ?? []).map(({ image }) => image ?? '').join(',')
