import type { Filter } from '../http/index.js'

/** Source: apiserver pkg/endpoints/filters/warning.go. In characters, over all warnings of a response and for each when they are cut. */
const totalLimit = 4096
const cutLength = 256

/** Turns the context's warnings into headers when the response begins. */
export const warnings: Filter = (next) => (context) => {
  context.exchange.onRespond(() => {
    if (context.warnings.size === 0) return
    for (const header of warningHeaders(context.warnings)) context.exchange.header('warning', header)
  })
  return next(context)
}

/** If all texts together are too long, each is cut, and what then still does not fit is left out. */
export function warningHeaders(texts: Iterable<string>): string[] {
  const valid = [...texts]
    .filter((text) => text !== '' && !/\p{Cc}/u.test(text) && !/[\ud800-\udfff]/u.test(text))
    .map((text) => [...text])
  const total = valid.reduce((sum, text) => sum + text.length, 0)
  if (total <= totalLimit) return valid.map(header)
  const headers: string[] = []
  let written = 0
  for (const text of valid) {
    if (written >= totalLimit) break
    const cut = text.slice(0, cutLength)
    written += cut.length
    headers.push(header(cut))
  }
  return headers
}

/** Bytes of UTF-8, as header values of Node are one byte a character. */
function header(text: readonly string[]): string {
  const quoted = text.join('').replace(/["\\]/g, '\\$&')
  return Buffer.from(`299 - "${quoted}"`).toString('latin1')
}
