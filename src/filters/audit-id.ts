import type { Filter } from '../http/index.js'

/** Longer ones are the client's own fault and are not echoed. */
const maxLength = 1024

/**
 * Gives every request an id, the client's own if it sent one, and tells it in the response.
 * Source: apiserver pkg/endpoints/filters/audit_init.go.
 */
export function auditId(newId: () => string): Filter {
  return (next) => (context) => {
    const sent = context.exchange.headers['audit-id']
    const id = typeof sent === 'string' && sent !== '' ? sent.slice(0, maxLength) : newId()
    context.auditId = id
    context.exchange.header('audit-id', id)
    return next(context)
  }
}
