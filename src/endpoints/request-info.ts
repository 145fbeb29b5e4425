import type { RequestInfo } from '../http/index.js'

/** A path whose escapes are none. Go's server refuses it before anybody else sees it, as plain text, 400. */
export class PathEscapeError extends Error {
  override readonly name = 'PathEscapeError'
}

/** A path of which nothing can be made. Upstream answers it as plain text, 500. */
export class RequestInfoError extends Error {
  override readonly name = 'RequestInfoError'
}

/**
 * Reads what a request asks for from its method, path and query.
 *
 * The path is decoded once and split at "/", and nothing else is done to it: empty segments, `.` and `..` stay what they
 * are, and since handlers are found by these same parts, what is authorized is what is served.
 *
 * @param path  undecoded, untrusted
 * @param query undecoded, without "?"
 * @throws PathEscapeError, RequestInfoError for /api/v1/watch and /api/v1/proxy alone
 * @see apiserver pkg/endpoints/request/requestinfo.go
 */
export function parseRequestInfo(method: string, path: string, query: string): RequestInfo {
  const decoded = path.includes('%') ? decode(path) : path
  const segments = split(decoded)
  const prefix = segments[0]
  const grouped = prefix === 'apis'
  // prefix, [group,] version, and at least one more
  if (segments.length < (grouped ? 4 : 3) || !(grouped || prefix === 'api')) {
    const known = segments.length >= 3 && grouped
    return nonResource(decoded, method.toLowerCase(), known ? 'apis' : '')
  }
  let at = grouped ? 2 : 1
  const apiGroup = grouped ? segments[1]! : ''
  const apiVersion = segments[at++]!

  let verb = verbs.get(method) ?? ''
  const special = segments[at]
  const byPrefix = special === 'watch' || special === 'proxy'
  if (byPrefix) {
    if (segments.length - at < 2) {
      throw new RequestInfoError(`unable to determine kind and namespace from url, ${target(path, query)}`)
    }
    verb = special
    at++
  }

  let namespace = ''
  if (segments[at] === 'namespaces' && segments.length - at > 1) {
    namespace = segments[at + 1]!
    if (segments.length - at > 2 && !namespaceSubresource(segments[at + 2]!)) at += 2
  }
  const parts = segments.slice(at)
  const resource = parts[0]!
  let name = parts.length >= 2 ? parts[1]! : ''
  const subresource = parts.length >= 3 && verb !== 'proxy' ? parts[2]! : ''

  let fieldSelector = ''
  let labelSelector = ''
  if (name === '') {
    if (verb === 'get') {
      if (query === '') {
        verb = 'list'
      } else {
        verb = isWatch(query) ? 'watch' : 'list'
        name = nameSelected(query)
      }
    } else if (verb === 'delete') {
      verb = 'deletecollection'
    }
  }
  if (query !== '' && !byPrefix && (verb === 'list' || verb === 'watch' || verb === 'deletecollection')) {
    fieldSelector = parameter(query, 'fieldSelector') ?? ''
    labelSelector = parameter(query, 'labelSelector') ?? ''
  }
  return {
    isResourceRequest: true,
    path: decoded,
    verb,
    apiPrefix: prefix,
    apiGroup,
    apiVersion,
    namespace,
    resource,
    subresource,
    name,
    parts,
    fieldSelector,
    labelSelector,
  }
}

const verbs: ReadonlyMap<string, string> = new Map([
  ['GET', 'get'],
  ['HEAD', 'get'],
  ['POST', 'create'],
  ['PUT', 'update'],
  ['PATCH', 'patch'],
  ['DELETE', 'delete'],
])

const noParts: readonly string[] = Object.freeze([])

function nonResource(path: string, verb: string, apiPrefix: string): RequestInfo {
  return {
    isResourceRequest: false,
    path,
    verb,
    apiPrefix,
    apiGroup: '',
    apiVersion: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    parts: noParts,
    fieldSelector: '',
    labelSelector: '',
  }
}

/** Subresources of a namespace itself, which would otherwise read as resources within it. */
const namespaceSubresource = (segment: string): boolean => segment === 'status' || segment === 'finalize'

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch (error) {
    if (/%(?![\da-f]{2})/i.test(path)) throw new PathEscapeError('invalid URL escape', { cause: error })
    // Bytes that are no UTF-8 are no name of anything, but Go takes them; they are shown as U+FFFD.
    return Buffer.from(
      path.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    ).toString()
  }
}

function split(path: string): string[] {
  let start = 0
  let end = path.length
  while (start < end && path.charCodeAt(start) === 47) start++
  while (end > start && path.charCodeAt(end - 1) === 47) end--
  return start === end ? [] : path.slice(start, end).split('/')
}

const target = (path: string, query: string): string => (query === '' ? path : `${path}?${query}`)

/** `watch`, `watch=`, `watch=maybe` all mean true. */
function isWatch(query: string): boolean {
  const value = parameter(query, 'watch')
  return value !== undefined && value !== '0' && value.toLowerCase() !== 'false'
}

/** The name a list or watch is restricted to by its field selector: it is authorized as a request for that object. */
function nameSelected(query: string): string {
  const selector = parameter(query, 'fieldSelector')
  if (selector === undefined || !selector.includes('metadata.name')) return ''
  // upstream drops all list options if one of them does not parse
  for (const option of ['limit', 'timeoutSeconds']) {
    const value = parameter(query, option)
    if (value !== undefined && !/^[+-]?\d+$/.test(value)) return ''
  }
  const terms = selectorTerms(selector)
  const term = terms?.find(([field, operator]) => field === 'metadata.name' && operator !== '!=')
  const name = term?.[2] ?? ''
  return name === '.' || name === '..' || /[/%]/.test(name) ? '' : name
}

/** Field, operator and unescaped value of each term, in Go's order: sorted; undefined if the selector is not valid. */
function selectorTerms(selector: string): [string, string, string][] | undefined {
  const terms: [string, string, string][] = []
  for (const term of selector.match(/(?:\\.|[^,\\])+/g)?.sort() ?? []) {
    const parsed = /^(.*?)(!=|==|=)(.*)$/s.exec(term)
    if (parsed === null) return undefined
    const value = parsed[3]!
    // in a value only \\ \, and \= are escapes, and a bare = is an error
    if (/^(?:\\[\\,=]|[^\\=])*$/.test(value) === false) return undefined
    terms.push([parsed[1]!, parsed[2]!, value.replace(/\\(.)/g, '$1')])
  }
  return terms
}

/** The first value of a query parameter. A pair with a semicolon or a broken escape counts as absent, as in Go. */
function parameter(query: string, name: string): string | undefined {
  if (!query.includes(name) && !query.includes('%')) return undefined
  for (const pair of query.split('&')) {
    if (pair === '' || pair.includes(';')) continue
    const equals = pair.indexOf('=')
    const key = unescapeQuery(equals < 0 ? pair : pair.slice(0, equals))
    if (key !== name) continue
    const value = equals < 0 ? '' : unescapeQuery(pair.slice(equals + 1))
    if (value !== undefined) return value
  }
  return undefined
}

function unescapeQuery(text: string): string | undefined {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return undefined
  }
}
