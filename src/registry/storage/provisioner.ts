import { byteLength, type FieldErrors, invalidEach, isQualifiedName, required } from '../../api/index.js'

const maxParameters = 512
const maxParametersSize = 256 * 1024

/** Who makes the volumes of a class. */
export function provisioner(errors: FieldErrors, path: string, name = ''): void {
  if (!required(errors, path, name)) return
  const lower = name.toLowerCase()
  invalidEach(errors, path, lower, isQualifiedName(lower))
}

export function parameters(errors: FieldErrors, map: Readonly<Record<string, string>> = {}): void {
  const entries = Object.entries(map)
  if (entries.length > maxParameters) {
    errors.tooLong('parameters', maxParameters)
    return
  }
  let size = 0
  for (const [name, value] of entries) {
    if (name === '') errors.invalid('parameters', name, 'field can not be empty.')
    size += byteLength(name) + byteLength(value)
  }
  if (size > maxParametersSize) errors.tooLong('parameters', maxParametersSize)
}
