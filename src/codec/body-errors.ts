import { type ApiError, badRequest, quote } from '../api/index.js'
import type { TypeMeta } from './type-meta.js'

// Source: apiserver pkg/endpoints/handlers/rest.go (transformDecodeError, summarizeData, addStrictDecodingWarnings).

/** 400 for a body that says what it is. */
export const cannotHandle = (actual: TypeMeta, expectedKind: string, why: string): ApiError =>
  badRequest(`${actual.kind} in version ${quote(actual.version)} cannot be handled as a ${expectedKind}: ${why}`)

/** 400 for a body of which not even the kind could be read. */
export const unrecognized = (why: string, body: Buffer, expectedKind: string): ApiError =>
  badRequest(`the object provided is unrecognized (must be of type ${expectedKind}): ${why} (${summary(body)})`)

function summary(body: Buffer): string {
  if (body.length === 0) return '<empty>'
  const encoding = body[0] === 0x7b ? 'utf8' : 'hex'
  return body.length > 30 ? `${body.toString(encoding, 0, 30)} ...` : body.toString(encoding)
}

const yamlErrors = 'yaml: unmarshal errors:'

/** The warnings that a strict error becomes: YAML tells several mistakes in one error, a line each. */
export function warningTexts(problem: string): readonly string[] {
  if (!problem.startsWith(yamlErrors)) return [problem]
  const lines = problem.slice(yamlErrors.length).split('\n')
  return lines.map((line) => line.trim()).filter((line) => line !== '')
}
