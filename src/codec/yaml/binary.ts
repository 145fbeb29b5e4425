import { goText } from '../json/utf8.js'
import { YamlError } from './errors.js'

/** What `!!binary` stands for, as text: JSON has no bytes. */
export function canonicalBase64Text(text: string): string {
  const compact = text.replace(/[\r\n]/g, '')
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) {
    throw new YamlError('!!binary value contains invalid base64 data')
  }
  const bytes = Buffer.from(compact, 'base64')
  return goText(bytes, 0, bytes.length)
}
