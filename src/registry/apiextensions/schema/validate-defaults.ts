import { child, copyJson, DecodeError, FieldErrors, key } from '../../../api/index.js'
import { CheckResult, tellErrors } from './check-result.js'
import { compileChecks } from './checks.js'
import { coerceEmbedded, EmbeddedError, validateEmbedded } from './embedded.js'
import { asResource, type JsonObject, type SchemaNode } from './node.js'
import { prune, sortKeys } from './prune.js'
import { hasRules, ruleEngine } from './rule-engine.js'

/** Puts a value where it belongs in an object: the default of a field of metadata makes sense only within all of it. */
type Surround = (value: unknown) => JsonObject

const asWhole: Surround = (value) => {
  const object = typeof value === 'object' && value !== null ? (value as JsonObject) : {}
  return { kind: 'Validation', apiVersion: 'validation/v1', ...object }
}

/**
 * Checks that the defaults of a schema are valid by that schema and have no unknown fields.
 * @see apiextensions pkg/apiserver/schema/defaulting/validation.go
 */
export function validateDefaults(root: SchemaNode, path: string, requirePruned: boolean, errors: FieldErrors): void {
  const node = asResource(root)
  if (node.hasDefaults) visit(node, node, asWhole, false, path)

  function visit(node: SchemaNode, resource: SchemaNode, surround: Surround, inMeta: boolean, path: string): void {
    if (!node.hasDefaults) return
    const [around, whole, meta] = node.embedded ? [asWhole, node, false] : [surround, resource, inMeta]
    if (node.default !== undefined) {
      const at = child(path, 'default')
      if (meta) checkMetadataDefault(node, whole, around, at, errors)
      else checkDefault(node, requirePruned, at, errors)
    }
    if (node.items !== undefined)
      visit(node.items, whole, (value) => around([value] as unknown as JsonObject), meta, child(path, 'items'))
    for (const [name, property] of node.properties ?? []) {
      const isMeta = node.embedded && (name === 'metadata' || name === 'apiVersion' || name === 'kind')
      const at = key(child(path, 'properties'), name)
      visit(property, whole, (value) => around({ [name]: value }), meta || isMeta, at)
    }
  }
}

function checkMetadataDefault(
  node: SchemaNode,
  resource: SchemaNode,
  surround: Surround,
  path: string,
  errors: FieldErrors,
): void {
  const object = surround(copyJson(node.default))
  const whole = asResource(resource)
  try {
    coerceEmbedded(object, whole)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    errors.invalid(path, sortKeys(node.default), `must result in valid metadata: ${error.message}`)
    return
  }
  const wrong = new FieldErrors()
  validateEmbedded(object, whole, '', wrong)
  if (!wrong.empty) {
    errors.invalid(path, sortKeys(node.default), `must result in valid metadata: ${wrong.message}`)
    return
  }
  checkValue(node, path, errors)
}

function checkDefault(node: SchemaNode, requirePruned: boolean, path: string, errors: FieldErrors): void {
  if (requirePruned && hasUnknownFields(node))
    errors.invalid(path, sortKeys(node.default), 'must not have unknown fields')
  try {
    coerceEmbedded(copyJson(node.default), node)
  } catch (error) {
    if (!(error instanceof EmbeddedError)) throw error
    errors.invalid(
      path + (error.path.startsWith('[') ? error.path : `.${error.path}`),
      sortKeys(error.value),
      error.detail,
    )
    return
  }
  const before = errors.list.length
  validateEmbedded(node.default, node, path, errors)
  if (errors.list.length === before) checkValue(node, path, errors)
}

function hasUnknownFields(node: SchemaNode): boolean {
  let unknown = false
  const told = (): void => {
    unknown = true
  }
  prune(node.default, node, told, 'default')
  return unknown
}

function checkValue(node: SchemaNode, path: string, errors: FieldErrors): void {
  const result = new CheckResult()
  compileChecks(node.schema, false)(node.default, '', result, undefined)
  if (result.errors.length > 0) tellErrors(result, path, errors)
  else if (hasRules(node.schema)) checkRules(node, path, errors)
}

/** A default is put into objects that are there, and into new ones. */
function checkRules(node: SchemaNode, path: string, errors: FieldErrors): void {
  const rules = ruleEngine().compile(node, node.embedded)
  const before = errors.list.length
  for (const old of [node.default, undefined]) {
    rules?.judgeAtOnce({ value: node.default, old, path, errors, correlated: false })
    if (errors.list.length > before) return
  }
}
