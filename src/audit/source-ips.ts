import { isIP } from 'node:net'
import type { Exchange } from '../http/index.js'

/**
 * Where a request comes from: what proxies say, who is last in line at the end. All but the last can be made up by the client.
 * Source: apimachinery pkg/util/net/http.go, SourceIPs.
 */
export function sourceIps(exchange: Pick<Exchange, 'headers' | 'headerValues' | 'remoteAddress'>): string[] {
  const { headers, remoteAddress } = exchange
  const addresses = exchange
    .headerValues('x-forwarded-for')
    .flatMap((value) => value.split(','))
    .map((part) => plain(part.trim()))
    .filter((address) => address !== undefined)
  const real = headers['x-real-ip']
  const own = typeof real === 'string' ? plain(real) : undefined
  if (own !== undefined && !addresses.includes(own)) addresses.push(own)
  const remote = plain(remoteAddress)
  if (remote !== undefined && addresses.at(-1) !== remote) addresses.push(remote)
  return addresses
}

/** IPv4 that is dressed as IPv6 is told as IPv4, as Go does. */
function plain(address: string): string | undefined {
  if (isIP(address) === 0) return undefined
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
}
