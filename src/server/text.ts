import type { RequestContext } from '../http/index.js'

export function textPlain(context: RequestContext, code: number, text: string): void {
  context.exchange.send(code, 'text/plain; charset=utf-8', text)
}

/** What nobody serves, in the words of Go's http.NotFound. */
export function notFoundPage(context: RequestContext): void {
  context.exchange.header('X-Content-Type-Options', 'nosniff')
  textPlain(context, 404, '404 page not found\n')
}
