// Tables of built-in kinds; registry/index.ts passes on what other folders need.
export { humanDuration, type PrintOptions, since } from './format.js'
export { tableColumns } from './printers.js'
export {
  type Column,
  type ColumnDefinition,
  defaultColumns,
  nameColumn,
  type RowCondition,
  type TableColumns,
  tableOf,
} from './table-columns.js'
