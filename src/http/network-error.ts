import type { Duplex } from 'node:stream'
import { checkServerIdentity, type PeerCertificate, TLSSocket } from 'node:tls'

/**
 * Has a connection that is being made told of a wrong name in the peer's certificate before anything else that is wrong with
 * it, as Go does.
 */
export function tellNameFirst(socket: Duplex, name: string): void {
  if (!(socket instanceof TLSSocket) || !socket.connecting) return
  let certificate: PeerCertificate | undefined
  // It cannot be had any more once Node has refused it.
  socket.prependOnceListener('secure', () => {
    certificate = socket.getPeerCertificate()
  })
  socket.prependOnceListener('error', (error: NodeJS.ErrnoException) => {
    if (certificate === undefined || !untrustedCodes.has(error.code ?? '')) return
    const wrong = checkIdentity(name, certificate)
    if (wrong !== undefined) Object.assign(error, wrong)
  })
}

/** Whether a certificate is for a host. As Go has it, the common name of one without alternative names counts for nothing. */
export function checkIdentity(host: string, certificate: PeerCertificate): Error | undefined {
  if (certificate.subjectaltname !== undefined) return checkServerIdentity(host, certificate)
  return Object.assign(new Error('no alternative names'), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    host,
    cert: certificate,
  })
}

const untrustedCodes = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** What a call that got no answer says, in the words in which clients know it: those of Go's net, tls and x509 packages. */
export function networkErrorText(error: unknown): string {
  const { code, address, port, hostname, message, cert, host, name, cause } = error as NetworkError
  if (name === 'AbortError')
    return (cause as Error | undefined)?.name === 'TimeoutError' ? 'context deadline exceeded' : 'context canceled'
  const where = address === undefined ? '' : ` ${address.includes(':') ? `[${address}]` : address}:${port}`
  const untrusted = 'tls: failed to verify certificate: x509: certificate'
  switch (code) {
    case 'ECONNREFUSED':
      return `dial tcp${where}: connect: connection refused`
    case 'EHOSTUNREACH':
      return `dial tcp${where}: connect: no route to host`
    case 'ENETUNREACH':
      return `dial tcp${where}: connect: network is unreachable`
    case 'ETIMEDOUT':
      return `dial tcp${where}: i/o timeout`
    case 'ENOTFOUND':
      return `dial tcp: lookup ${hostname}: no such host`
    case 'ECONNRESET':
    case 'EPIPE':
      return 'EOF'
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_SIGNATURE_FAILURE':
      return `${untrusted} signed by unknown authority`
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return `${untrusted} has expired or is not yet valid`
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return wrongName(untrusted, host ?? '', cert)
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'http: server gave HTTP response to HTTPS client'
    case 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED':
      return 'remote error: tls: certificate required'
    case 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE':
      return 'remote error: tls: bad certificate'
    case 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA':
      return 'remote error: tls: unknown certificate authority'
    default:
      return typeof code === 'string' && code.startsWith('HPE_')
        ? 'net/http: HTTP/1.x transport connection broken: malformed HTTP response'
        : message
  }
}

interface NetworkError extends Error {
  /** A number in errors that are none of the network's. */
  readonly code?: string | number
  readonly address?: string
  readonly port?: number
  readonly hostname?: string
  readonly host?: string
  readonly cert?: Certificate
}

interface Certificate {
  readonly subjectaltname?: string
  readonly subject?: { readonly CN?: string }
}

function wrongName(untrusted: string, host: string, { subjectaltname: names = '', subject }: Certificate = {}): string {
  const of = (type: string): string[] =>
    names
      .split(', ')
      .filter((name) => name.startsWith(`${type}:`))
      .map((name) => name.slice(type.length + 1))
  if (/^[\d.]+$|:/.test(host)) {
    const addresses = of('IP Address')
    return addresses.length === 0
      ? `tls: failed to verify certificate: x509: cannot validate certificate for ${host} because it doesn't contain any IP SANs`
      : `${untrusted} is valid for ${addresses.join(', ')}, not ${host}`
  }
  const hosts = of('DNS')
  if (names === '' && subject?.CN !== undefined && matches(host, subject.CN))
    return `${untrusted} relies on legacy Common Name field, use SANs instead`
  return hosts.length === 0
    ? `${untrusted} is not valid for any names, but wanted to match ${host}`
    : `${untrusted} is valid for ${hosts.join(', ')}, not ${host}`
}

/** Whether a pattern, whose first label may be "*", stands for a host. */
function matches(host: string, pattern: string): boolean {
  const [first, ...rest] = pattern.toLowerCase().split('.')
  const [head, ...tail] = host.toLowerCase().split('.')
  return (first === '*' || first === head) && rest.join('.') === tail.join('.')
}
