import { byteLength, isDns1123Subdomain, regexError } from './names.js'

/** Formats of label keys and values: apimachinery pkg/api/validate/content. Lists of what is wrong, as in names.ts. */

const keyPattern = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const keyName = new RegExp(`^${keyPattern}$`)
const labelValue = new RegExp(`^(${keyPattern})?$`)
const keyMessage = regexError(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  keyPattern,
  'MyName',
  'my.name',
  '123-abc',
)
const valueMessage = regexError(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  `(${keyPattern})?`,
  'MyValue',
  'my_value',
  '12345',
)

/** `name` or `example.com/name`: keys of labels and annotations, finalizers, resource and condition names. */
export function isQualifiedName(value: string): string[] {
  const parts = value.split('/', 3)
  if (parts.length > 2) {
    return [`a valid label key ${keyMessage} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  const wrong: string[] = []
  const name = parts.at(-1)!
  if (parts.length === 2) {
    const prefix = parts[0]!
    if (prefix === '') wrong.push('prefix part must be non-empty')
    else for (const text of isDns1123Subdomain(prefix)) wrong.push(`prefix part ${inBytes(text)}`)
  }
  if (name === '') wrong.push('name part must be non-empty')
  else if (byteLength(name) > 63) wrong.push('name part must be no more than 63 bytes')
  if (!keyName.test(name)) wrong.push(`name part ${keyMessage}`)
  return wrong
}

export function isLabelValue(value: string): string[] {
  const wrong = byteLength(value) > 63 ? ['must be no more than 63 bytes'] : []
  if (!labelValue.test(value)) wrong.push(valueMessage)
  return wrong
}

/** Upstream has two copies of the subdomain check; the one used here counts in bytes. */
const inBytes = (text: string): string => text.replace(/ characters$/, ' bytes')
