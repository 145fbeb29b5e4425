import type { Filter, RequestInfo } from '../http/index.js'
import { writePlainError } from './write-error.js'

export type RequestInfoParser = (method: string, path: string, query: string) => RequestInfo

/**
 * Reads what the request asks for, and whether it may take long. A path of which nothing can be made is upstream's plain 500.
 */
export function requestInfo(parse: RequestInfoParser): Filter {
  return (next) => (context) => {
    const { method, path, query } = context.exchange
    let info: RequestInfo
    try {
      info = parse(method, path, query)
    } catch (error) {
      const { name } = error as Error
      if (name === 'PathEscapeError') return context.exchange.send(400, 'text/plain; charset=utf-8', '400 Bad Request')
      if (name !== 'RequestInfoError') throw error
      const target = JSON.stringify(query === '' ? path : `${path}?${query}`)
      const text = `Internal Server Error: ${target}: failed to create RequestInfo: ${(error as Error).message}`
      writePlainError(context, 500, text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'))
      return
    }
    context.info = info
    context.longRunning = isLongRunning(info)
    return next(context)
  }
}

const longSubresources: ReadonlySet<string> = new Set(['attach', 'exec', 'proxy', 'log', 'portforward'])

/** Source: kubernetes pkg/controlplane/apiserver/config.go, LongRunningFunc. */
export function isLongRunning({ verb, isResourceRequest, subresource, path }: RequestInfo): boolean {
  if (verb === 'watch' || verb === 'proxy') return true
  return isResourceRequest ? longSubresources.has(subresource) : path.startsWith('/debug/pprof/')
}
