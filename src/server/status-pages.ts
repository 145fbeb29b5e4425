import { ApiError } from '../api/index.js'
import { encodeBody } from '../codec/index.js'
import { accepts, parseAccept, wantsPretty } from '../endpoints/index.js'
import type { Handler, RequestContext } from '../http/index.js'
import type { VersionInfo } from './version.js'

export interface StatusPageParts {
  /** Flags and their values, as the command line has them. Empty for a server that was started by a program. */
  readonly flags: Readonly<Record<string, string>>
  readonly version: VersionInfo
  /** Whether a feature gate is on: each page has its own. */
  enabled(gate: string): boolean
  /** All that is served below "/". */
  paths(): readonly string[]
  /** When the process began, milliseconds since 1970. */
  readonly startedAt: number
  now(): number
  /** Offered as CBOR too. */
  readonly cbor: boolean
}

const component = 'apiserver'
const group = 'config.k8s.io'
const versions: readonly string[] = ['v1alpha1', 'v1beta1']
type Structured = 'application/json' | 'application/yaml' | 'application/cbor'
const structured: readonly Structured[] = ['application/json', 'application/yaml']

/** `/flagz` and `/statusz`, for whoever looks after the server. Source: apiserver pkg/server/{flagz,statusz}. */
export function statusPages(parts: StatusPageParts): ReadonlyMap<string, Handler> {
  const forms: readonly Structured[] = parts.cbor ? [...structured, 'application/cbor'] : structured
  const flags = (): PageBody => ({ flags: parts.flags })
  const pages = new Map<string, Handler>()
  if (parts.enabled('ComponentFlagz')) {
    const text = () => lines(Object.entries(parts.flags).sort(([a], [b]) => (a < b ? -1 : 1)))
    pages.set('/flagz', page(forms, 'Flagz', flags, text))
  }
  if (parts.enabled('ComponentStatusz')) {
    const status = () => statusOf(parts)
    pages.set(
      '/statusz',
      page(forms, 'Statusz', status, () => `\n${lines(statusLines(status()))}`),
    )
  }
  return pages
}

type PageBody = Readonly<Record<string, unknown>>

function page(forms: readonly Structured[], kind: string, body: () => PageBody, text: () => string): Handler {
  return (context) => {
    const form = negotiated(context, kind, forms)
    if (form === 'text') {
      const title = `${component} ${kind.toLowerCase()}`
      const warning =
        'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.'
      context.exchange.send(200, 'text/plain; charset=utf-8', `\n${title}\n${warning}\n${text()}`)
      return
    }
    const { mediaType, version } = form
    if (version === 'v1alpha1') {
      context.warnings.add(
        `This version of the ${kind.toLowerCase()} endpoint is deprecated. Please use a newer version.`,
      )
    }
    const value = { kind, apiVersion: `${group}/${version}`, metadata: { name: component }, ...body() }
    const contentType = `${mediaType};g=${group};v=${version};as=${kind}`
    context.exchange.send(200, contentType, encodeBody(mediaType, value, wantsPretty(context)))
  }
}

/** Structured forms have to name their kind, the text must not. Throws ApiError NotAcceptable. */
function negotiated(
  { exchange: { headers } }: RequestContext,
  kind: string,
  forms: readonly Structured[],
): 'text' | { readonly mediaType: Structured; readonly version: string } {
  const { accept = '' } = headers
  if (accept.trim() === '') return 'text'
  for (const clause of parseAccept(accept)) {
    const { parameters } = clause
    const named = ['g', 'v', 'as'].some((name) => parameters.has(name))
    const version = parameters.get('v') ?? ''
    const known = parameters.get('g') === group && parameters.get('as') === kind && versions.includes(version)
    for (const mediaType of forms) if (known && accepts(clause, mediaType)) return { mediaType, version }
    if (!named && accepts(clause, 'text/plain')) return 'text'
  }
  const accepted = [...structured, 'text/plain', ...forms.slice(structured.length)].join(', ')
  throw new ApiError('NotAcceptable', `only the following media types are accepted: ${accepted}`)
}

interface Statusz {
  readonly startTime: string
  readonly uptimeSeconds: number
  readonly goVersion: string
  readonly binaryVersion: string
  readonly emulationVersion: string
  readonly paths: readonly string[]
}

/** Paths that are the API itself are not for looking after it. */
const ofTheApi = new Set(['/apis', '/api', '/openid', '/openapi', '/.well-known', '/index.html'])

function statusOf({ version, paths, startedAt, now }: StatusPageParts): Statusz & PageBody {
  const roots = new Set(paths().map((path) => `/${path.split('/')[1] ?? ''}`))
  return {
    startTime: `${new Date(startedAt).toISOString().slice(0, 19)}Z`,
    uptimeSeconds: Math.max(0, Math.floor((now() - startedAt) / 1000)),
    goVersion: version.goVersion,
    binaryVersion: version.gitVersion.replace(/^v/, ''),
    emulationVersion: `${version.emulationMajor}.${version.emulationMinor}`,
    paths: [...roots].filter((root) => root !== '/' && !ofTheApi.has(root)).sort(),
  }
}

function statusLines(status: Statusz): [string, string][] {
  const { startTime, uptimeSeconds: up, goVersion, binaryVersion, emulationVersion, paths } = status
  const two = (n: number): string => String(Math.floor(n) % 60).padStart(2, '0')
  return [
    ['Started', unixDate(startTime)],
    ['Up', `${Math.floor(up / 3600)} hr ${two(up / 60)} min ${two(up)} sec`],
    ['Go version', goVersion],
    ['Binary version', binaryVersion],
    ['Emulation version', emulationVersion],
    ['Paths', paths.join(' ')],
  ]
}

/** `Sat Nov 21 14:37:43 UTC 2026`. */
function unixDate(time: string): string {
  const [weekday, day, month, year, clock] = new Date(time).toUTCString().replace(',', '').split(' ')
  return `${weekday} ${month} ${day!.replace(/^0/, ' ')} ${clock} UTC ${year}`
}

const lines = (pairs: readonly (readonly [string, string])[]): string =>
  pairs.map(([name, value]) => `${name}: ${value}\n`).join('')
