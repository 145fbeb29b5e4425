import { child, dns1123Subdomain, type FieldErrors, pathSegment, required } from '../../api/index.js'

/** A reference to another kind of object: an API group, if any, a kind and a name. */
export function reference(
  { apiGroup, kind, name }: { apiGroup?: string | null; kind?: string; name?: string },
  at: string,
  errors: FieldErrors,
): void {
  if (apiGroup != null) dns1123Subdomain(errors, child(at, 'apiGroup'), apiGroup)
  if (required(errors, child(at, 'kind'), kind)) pathSegment(errors, child(at, 'kind'), kind)
  if (required(errors, child(at, 'name'), name)) pathSegment(errors, child(at, 'name'), name)
}
