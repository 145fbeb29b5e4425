// Tables of built-in kinds; registry/index.ts passes on what other folders need.
export { type PrintOptions, since } from './format.js'
export { tableColumns } from './printers.js'
export {
  type Column,
  type ColumnDefinition,
  defaultColumns,
  type RowCondition,
  type TableColumns,
} from './table-columns.js'
