import type { Exchange } from '../../http/index.js'

export interface Content {
  readonly type: string
  /** Empty: it has no tag. */
  readonly hash: string
  readonly modified: Date
  /** It has changed since that second began: no date says that a client has it. */
  readonly isNew?: boolean
  /** Called only if it is sent, as a whole or in part. */
  body(): Buffer | Promise<Buffer>
}

/**
 * Answers with a document, with as much of it as is asked for, or with nothing if the client has it already. Source: Go's
 * http.ServeContent; unlike it, several ranges at once get the whole document, which RFC 9110 leaves to the server.
 */
export async function serveContent(exchange: Exchange, content: Content): Promise<void> {
  const { hash, modified, type } = content
  const unmet = precondition(exchange, content)
  if (unmet !== undefined) {
    if (hash !== '') exchange.header('etag', `"${hash}"`)
    // What has a tag is known by it.
    if (hash === '' || unmet === 412) exchange.header('last-modified', modified.toUTCString())
    return exchange.send(unmet, unmet === 304 ? '' : type, '')
  }
  const body = await content.body()
  const range = rangeOf(exchange, content, body.length)
  if (typeof range === 'string') {
    if (range === noOverlap) exchange.header('content-range', `bytes */${body.length}`)
    exchange.header('x-content-type-options', 'nosniff')
    return exchange.send(416, 'text/plain; charset=utf-8', `${range}\n`)
  }
  if (hash !== '') exchange.header('etag', `"${hash}"`)
  exchange.header('last-modified', modified.toUTCString())
  exchange.header('accept-ranges', 'bytes')
  if (range === undefined) return exchange.send(200, type, body)
  const [start, end] = range
  exchange.header('content-range', `bytes ${start}-${end - 1}/${body.length}`)
  return exchange.send(206, type, body.subarray(start, end))
}

/** 304: the client has it; 412: it wants something else; undefined: neither. */
function precondition({ headers, method }: Exchange, { hash, modified, isNew }: Content): 304 | 412 | undefined {
  const reads = method === 'GET' || method === 'HEAD'
  const seconds = Math.floor(modified.getTime() / 1000) * 1000
  const { 'if-match': match, 'if-none-match': noneMatch } = headers
  if (match !== undefined) {
    if (!names(match, hash, false)) return 412
  } else if (seconds > Date.parse(headers['if-unmodified-since'] ?? '')) return 412
  if (noneMatch !== undefined) return names(noneMatch, hash, true) ? (reads ? 304 : 412) : undefined
  return reads && isNew !== true && seconds <= Date.parse(headers['if-modified-since'] ?? '') ? 304 : undefined
}

/** Whether a list of tags has this one. */
function names(list: string, hash: string, weak: boolean): boolean {
  return list.split(',').some((part) => {
    const tag = part.trim()
    return tag === '*' || (hash !== '' && (tag === `"${hash}"` || (weak && tag === `W/"${hash}"`)))
  })
}

const noOverlap = 'invalid range: failed to overlap'
const invalid = 'invalid range'

/** Which bytes are asked for, the end excluded; undefined: all; a text: why none can be. */
function rangeOf(
  { headers, method }: Exchange,
  { hash, modified }: Content,
  size: number,
): readonly [start: number, end: number] | string | undefined {
  const { range } = headers
  const condition = String(headers['if-range'] ?? '')
  if (range === undefined || range === '') return undefined
  const same = condition === `"${hash}"` || Date.parse(condition) === Math.floor(modified.getTime() / 1000) * 1000
  if (condition !== '' && (method === 'GET' || method === 'HEAD') && !same) return undefined
  if (!range.startsWith('bytes=')) return invalid
  const found: [number, number][] = []
  let beyond = false
  for (const part of range.slice('bytes='.length).split(',')) {
    if (part.trim() === '') continue
    const [, first = '', last = ''] = /^(\d*) *- *(\d*)$/.exec(part.trim()) ?? []
    if (first === '' && last === '') return invalid
    const start = first === '' ? Math.max(size - Number(last), 0) : Number(first)
    const end = first === '' || last === '' ? size : Math.min(Number(last) + 1, size)
    if (start >= size && first !== '') beyond = true
    else if (first !== '' && last !== '' && Number(last) < start) return invalid
    else found.push([start, end])
  }
  if (found.length === 0) return beyond ? noOverlap : undefined
  return found.length === 1 ? found[0] : undefined
}
