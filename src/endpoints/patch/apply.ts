import { badRequest, copyJson, type Json, jsonKind, type KubeObject, largeObject, nextTurn } from '../../api/index.js'
import { CborError, decodeCbor, type ParsedYaml, parseYaml, warningTexts, YamlError } from '../../codec/index.js'
import type { RequestContext } from '../../http/index.js'
import type { WriteQuery } from '../query-options.js'
import type { RequestScope } from '../scope.js'
import { applyCborPatchType, type Mechanism } from './mechanism.js'

/** Server-side apply. The body is read once, however often conflicts make us apply it again. */
export function applying(
  scope: RequestScope,
  context: RequestContext,
  type: string,
  body: Buffer,
  options: WriteQuery,
  force: boolean,
): Mechanism {
  let parsed: Promise<ParsedYaml> | undefined
  return {
    creates: true,
    async patch(live, size) {
      parsed ??= type === applyCborPatchType ? readCbor(body) : read(body)
      const { value, duplicates } = await parsed
      const { fieldManager } = scope
      let object: KubeObject
      if (size + body.length < largeObject && !fieldManager.waits)
        object = fieldManager.apply(live, value, options.fieldManager, force)
      else {
        await nextTurn()
        object = await fieldManager.applyInTurns(live, value, options.fieldManager, force)
      }
      if (duplicates !== undefined) {
        if (options.fieldValidation === 'Strict')
          throw badRequest(`error strict decoding YAML: ${converting}${duplicates}`)
        if (options.fieldValidation === 'Warn') for (const text of warningTexts(duplicates)) context.warnings.add(text)
      }
      // Admission may change what it is given.
      return object === live ? copyJson(object) : object
    },
  }
}

/** What upstream was at when the YAML itself is wrong. */
const converting = 'error converting YAML to JSON: '

async function read(body: Buffer): Promise<ParsedYaml> {
  let parsed: ParsedYaml
  try {
    parsed = await parseYaml(body)
  } catch (error) {
    const step = error instanceof YamlError ? converting : ''
    throw badRequest(`error decoding YAML: ${step}${(error as Error).message}`, { cause: error })
  }
  const { value } = parsed
  if (value === null || (typeof value === 'object' && !Array.isArray(value))) return parsed
  throw badRequest(
    `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonKind(value as Json)} into Go value of type map[string]interface {}`,
  )
}

async function readCbor(body: Buffer): Promise<ParsedYaml> {
  try {
    const value = decodeCbor(body)
    if (value === null || (typeof value === 'object' && !Array.isArray(value))) return { value, duplicates: undefined }
    throw new CborError(
      `cbor: cannot unmarshal ${jsonKind(value as Json)} into Go value of type map[string]interface {}`,
    )
  } catch (error) {
    if (!(error instanceof CborError)) throw error
    throw badRequest(`error decoding YAML: ${error.message}`)
  }
}
