import type { Library } from '../library.js'
import { scaleRange, stringTraversalFactor } from '../ranges.js'
import { listOf, mapOf, objectType, types } from '../types.js'
import { CelError, Opaque, type PlainObject } from '../values.js'
import { walksAndKeepsSize } from './costs.js'
import { fn, member, overload } from './declare.js'
import { checkRequestUrl, type GoUrl, hostname, parseRequestUrl, port, queryOf, urlText } from './go-url.js'

export const urlType = objectType('kubernetes.URL')

export class UrlValue extends Opaque {
  readonly type = urlType

  constructor(readonly url: GoUrl) {
    super()
  }

  equals(other: Opaque): boolean {
    if (!(other instanceof UrlValue)) throw new CelError('no such overload')
    return urlText(this.url) === urlText(other.url)
  }
}

/** Source: apiserver pkg/cel/library/urls.go. */
export function urlsLibrary(): Library {
  const part = (name: string, id: string, read: (url: GoUrl) => string) =>
    fn(
      name,
      member(id, [urlType], types.string, ({ url }: UrlValue) => read(url)),
    )
  return {
    name: 'kubernetes.urls',
    // Upstream looks at the size of the second operand only.
    equality: [
      {
        type: urlType,
        estimate: ({ args }) => scaleRange({ min: 1, max: args[1]!.size?.max ?? 1 }, stringTraversalFactor),
      },
    ],
    functions: [
      fn('url', overload('string_to_url', [types.string], urlType, readUrl, walksAndKeepsSize())),
      fn('isURL', overload('is_url_string', [types.string], types.bool, isUrl)),
      part('getScheme', 'url_get_scheme', ({ scheme }) => scheme),
      part('getHost', 'url_get_host', ({ host }) => host),
      part('getHostname', 'url_get_hostname', hostname),
      part('getPort', 'url_get_port', port),
      part('getEscapedPath', 'url_get_escaped_path', ({ escapedPath }) => escapedPath),
      fn('getQuery', member('url_get_query', [urlType], mapOf(types.string, listOf(types.string)), queryMap)),
    ],
  }
}

function readUrl(text: string): UrlValue {
  try {
    return new UrlValue(parseRequestUrl(text))
  } catch (error) {
    if (!(error instanceof CelError)) throw error
    throw new CelError(`URL parse error during conversion from string: ${error.message}`)
  }
}

function isUrl(text: string): boolean {
  try {
    checkRequestUrl(text)
    return true
  } catch (error) {
    if (error instanceof CelError) return false
    throw error
  }
}

/** A parameter may have any name, `__proto__` too. */
function queryMap({ url }: UrlValue): PlainObject {
  const map: Record<string, readonly string[]> = Object.create(null)
  for (const [name, values] of queryOf(url)) map[name] = values
  return map
}
