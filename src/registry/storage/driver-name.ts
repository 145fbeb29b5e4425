import { type FieldErrors, invalidEach, isDns1123Subdomain, maxLength, required } from '../../api/index.js'

/** The name of a CSI driver: 63 bytes; capital letters are let pass. */
export function csiDriverName(errors: FieldErrors, path: string, name = ''): void {
  if (!required(errors, path, name)) return
  maxLength(errors, path, name, 63)
  invalidEach(errors, path, name, isDns1123Subdomain(name.toLowerCase()))
}
