import { quote } from '../api/index.js'
import type { AuditEvent } from './event.js'

/** An event in one line of text: the format "legacy", and how events are told that could not be recorded. Upstream: EventString. */
export function eventText(event: AuditEvent): string {
  const { user, impersonatedUser: other } = event
  const known = user.username !== undefined
  const fields: readonly (readonly [name: string, value: string])[] = [
    ['id', event.auditID],
    ['stage', event.stage],
    ['ip', event.sourceIPs?.[0] ?? '<unknown>'],
    ['method', event.verb],
    ['user', known ? user.username : '<none>'],
    ['groups', known && user.groups !== undefined ? quoted(user.groups) : '<none>'],
    ['as', other === undefined ? '<self>' : (other.username ?? '')],
    ['asgroups', other?.groups === undefined ? '<lookup>' : quoted(other.groups)],
    ['user-agent', event.userAgent ?? ''],
    ['namespace', event.objectRef?.namespace || '<none>'],
    ['uri', event.requestURI],
    ['response', event.responseStatus === undefined ? '<deferred>' : String(event.responseStatus.code ?? 0)],
  ]
  const text = fields.map(([name, value]) => `${name}=${quote(value)}`).join(' ')
  return `${shortTime(event.requestReceivedTimestamp)} AUDIT: ${text}`
}

const quoted = (list: readonly string[]): string => list.map(quote).join(',')

/** As Go's RFC3339Nano has it: without trailing zeros. */
const shortTime = (time: string): string => time.replace(/\.?0+Z$/, 'Z')
