import { child, type FieldErrors, index } from '../../api/index.js'
import { followFieldPath } from './schema/field-path.js'
import type { JsonSchema } from './schema/json-schema.js'
import { compileNode } from './schema/node.js'
import { unsupportedMember } from './schema/structural.js'

/** A version of a definition as a client sent it, decoded. */
export interface Version {
  readonly name?: string
  readonly served?: boolean
  readonly storage?: boolean
  readonly deprecated?: boolean
  readonly deprecationWarning?: string | null
  readonly schema?: { readonly openAPIV3Schema?: JsonSchema } | null
  readonly subresources?: Subresources | null
  readonly additionalPrinterColumns?: readonly PrinterColumn[] | null
  readonly selectableFields?: readonly { readonly jsonPath?: string }[] | null
}

interface Subresources {
  readonly status?: object | null
  readonly scale?: {
    readonly specReplicasPath?: string
    readonly statusReplicasPath?: string
    readonly labelSelectorPath?: string | null
  } | null
}

interface PrinterColumn {
  readonly name?: string
  readonly type?: string
  readonly format?: string
  readonly jsonPath?: string
}

export function validateSubresources(
  subresources: Subresources | null | undefined,
  path: string,
  errors: FieldErrors,
): void {
  const scale = subresources?.scale
  if (scale === undefined || scale === null) return
  const replicas = (value: string, member: string, root: string): void => {
    const at = child(path, `scale.${member}`)
    if (value === '') errors.required(at)
    else if (isSimplePath(value, at, errors) && !value.startsWith(`.${root}.`))
      errors.invalid(at, value, `should be a json path under .${root}`)
  }
  replicas(scale.specReplicasPath ?? '', 'specReplicasPath', 'spec')
  replicas(scale.statusReplicasPath ?? '', 'statusReplicasPath', 'status')
  const selector = scale.labelSelectorPath ?? ''
  const at = child(path, 'scale.labelSelectorPath')
  if (selector !== '' && isSimplePath(selector, at, errors) && !/^\.(?:spec|status)\./.test(selector))
    errors.invalid(at, selector, 'should be a json path under either .spec or .status')
}

function isSimplePath(value: string, path: string, errors: FieldErrors): boolean {
  if (value.startsWith('.')) return true
  errors.invalid(path, value, 'must be a simple json path starting with .')
  return false
}

const columnTypes = 'boolean,date,integer,number,string'
const columnFormats = 'byte,date,date-time,double,float,int32,int64,password'

export function validateColumn(column: PrinterColumn, path: string, errors: FieldErrors): void {
  const { name = '', type = '', format = '', jsonPath = '' } = column
  if (name === '') errors.required(child(path, 'name'))
  if (type === '') errors.required(child(path, 'type'), `must be one of ${columnTypes}`)
  else if (!columnTypes.split(',').includes(type))
    errors.invalid(child(path, 'type'), type, `must be one of ${columnTypes}`)
  if (format !== '' && !columnFormats.split(',').includes(format))
    errors.invalid(child(path, 'format'), format, `must be one of ${columnFormats}`)
  if (jsonPath === '') errors.required(child(path, 'JSONPath'))
  else isSimplePath(jsonPath, child(path, 'JSONPath'), errors)
}

const maxSelectableFields = 8
const selectable = new Set(['string', 'boolean', 'integer'])

export function validateSelectableFields(
  { selectableFields }: Version,
  schema: JsonSchema,
  path: string,
  mayBeMany: boolean,
  errors: FieldErrors,
): void {
  if (unsupportedMember(schema) !== undefined) return
  const root = compileNode(schema)
  const seen = new Set<string>()
  for (const [i, { jsonPath = '' }] of (selectableFields ?? []).entries()) {
    const at = child(index(path, i), 'jsonPath')
    if (jsonPath === '') {
      errors.required(at)
      continue
    }
    const found = followFieldPath(jsonPath, root, false)
    if ('error' in found) {
      errors.invalid(at, jsonPath, `is an invalid path: ${found.error}`)
      continue
    }
    if (found.root === 'metadata') errors.invalid(at, jsonPath, 'must not point to fields in metadata')
    if (!selectable.has(found.node.schema.type ?? ''))
      errors.invalid(
        at,
        jsonPath,
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
      )
    if (seen.has(found.path)) errors.duplicate(at, jsonPath)
    seen.add(found.path)
  }
  if (seen.size > maxSelectableFields && !mayBeMany) errors.tooMany(path, seen.size, maxSelectableFields)
}
