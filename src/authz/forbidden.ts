import { type ApiError, forbidden, quote } from '../api/index.js'
import type { Attributes } from './authorizer.js'

/** The 403 for a request nobody allowed. Source of the wording: apiserver pkg/endpoints/handlers/responsewriters/errors.go. */
export function forbiddenError(attributes: Attributes, reason: string): ApiError {
  const message = escapeHtml(refusal(attributes))
  return forbidden(
    { group: attributes.apiGroup, resource: attributes.resource },
    attributes.name,
    reason === '' ? message : `${message}: ${reason}`,
  )
}

function refusal({
  user,
  verb,
  apiGroup,
  resource,
  subresource,
  namespace,
  path,
  isResourceRequest,
}: Attributes): string {
  if (!isResourceRequest) return `User ${quote(user.name)} cannot ${verb} path ${quote(path)}`
  const what = subresource === '' ? resource : `${resource}/${subresource}`
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${quote(namespace)}`
  return `User ${quote(user.name)} cannot ${verb} resource ${quote(what)} in API group ${quote(apiGroup)} ${where}`
}

/** Harmless if a browser takes the text for HTML. */
export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
