import type { Filter } from '../http/index.js'

/** What answers carry unless their handler says otherwise. Source: apiserver pkg/endpoints/filters/cachecontrol.go. */
export const cacheControl: Filter = (next) => (context) => {
  context.exchange.header('cache-control', 'no-cache, private')
  return next(context)
}

/** `--strict-transport-security-directives`. */
export function strictTransportSecurity(directives: readonly string[]): Filter {
  const value = directives.join('; ')
  return (next) => (context) => {
    context.exchange.header('strict-transport-security', value)
    return next(context)
  }
}

/** `--goaway-chance`: now and then a connection is told to go, so that clients spread over servers again. */
export function goaway(chance: number, random: () => number): Filter {
  return (next) => (context) => {
    if (context.exchange.protocol === 'HTTP/2.0' && random() < chance) context.exchange.closeConnection()
    return next(context)
  }
}
