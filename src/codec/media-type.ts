import { ApiError } from '../api/index.js'

export const jsonMediaType = 'application/json'
export const yamlMediaType = 'application/yaml'

/**
 * The media type of a Content-Type header, lower case and without parameters; undefined if it cannot be parsed. Source:
 * Go's mime.ParseMediaType.
 */
export function parseMediaType(header: string): string | undefined {
  const semicolon = header.indexOf(';')
  const type = (semicolon < 0 ? header : header.slice(0, semicolon)).trim().toLowerCase()
  if (!mediaType.test(type)) return undefined
  if (semicolon < 0) return type
  const names = new Set<string>()
  let rest = header.slice(semicolon)
  while (rest.trim() !== '' && rest.trim() !== ';') {
    const parameter = parameterPattern.exec(rest)
    if (parameter === null) return undefined
    const name = parameter[1]!.toLowerCase()
    if (names.has(name)) return undefined
    names.add(name)
    rest = rest.slice(parameter[0].length)
  }
  return type
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const mediaType = new RegExp(`^${token}(?:/${token})?$`)
const parameterPattern = new RegExp(`^\\s*;\\s*(${token})\\s*=\\s*(?:${token}|"(?:[^"\\\\]|\\\\.)*")`)

/** 415. @param accepted in upstream's order */
export const unsupportedMediaType = (accepted: readonly string[]): ApiError =>
  new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )
