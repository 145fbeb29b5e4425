import { RE2JS } from 're2js'
import type { Filter } from '../http/index.js'

const fixed: readonly (readonly [string, string])[] = [
  ['access-control-allow-methods', 'POST, GET, OPTIONS, PUT, DELETE, PATCH'],
  [
    'access-control-allow-headers',
    'Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization, X-Requested-With, If-Modified-Since',
  ],
  ['access-control-expose-headers', 'Date'],
  ['access-control-allow-credentials', 'true'],
]

/**
 * `--cors-allowed-origins`: regular expressions, found anywhere in the origin unless they are anchored.
 *
 * @throws Error for an expression that does not compile
 * @see apiserver pkg/server/filters/cors.go
 */
export function cors(allowedOrigins: readonly string[]): Filter {
  const patterns = allowedOrigins.map((pattern) => RE2JS.compile(pattern))
  return (next) => (context) => {
    const { exchange } = context
    const { origin } = exchange.headers
    if (origin === undefined || !patterns.some((pattern) => pattern.matcher(origin).find())) return next(context)
    exchange.header('access-control-allow-origin', origin)
    for (const [name, value] of fixed) exchange.header(name, value)
    if (exchange.method === 'OPTIONS') exchange.send(204, '', '')
    else return next(context)
  }
}
