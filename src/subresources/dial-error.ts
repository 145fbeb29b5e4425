/** What a connection that could not be made says, in the words in which clients know it: Go's net package. */
export function dialErrorText(error: Error): string {
  const { code, address, port, hostname } = error as DialError
  const where = address === undefined ? '' : ` ${address.includes(':') ? `[${address}]` : address}:${port}`
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
      return 'EOF'
    default:
      return error.message
  }
}

interface DialError extends Error {
  readonly code?: string
  readonly address?: string
  readonly port?: number
  readonly hostname?: string
}
