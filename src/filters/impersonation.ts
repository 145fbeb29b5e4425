import { LRUCache } from 'lru-cache'
import { ApiError, badRequest, isDns1123Label, isDns1123Subdomain, quote } from '../api/index.js'
import { unescapeKey } from '../authn/index.js'
import { type Attributes, type Authorizer, attributesOf, forbiddenError } from '../authz/index.js'
import type { Filter, RequestContext, UserInfo } from '../http/index.js'
import { explainExtra } from './impersonated-extra.js'
import { ImpersonationCache, identityKey, requestKey } from './impersonation-cache.js'

/** Users whose last successful mode is remembered. Source: upstream's newModeIndexCache. */
const maxRemembered = 10_000

/**
 * Lets those who may act for others do so: `Impersonate-User`, `-Group`, `-Uid` and `-Extra-*` headers.
 *
 * There are five modes, tried from the most to the least constrained, the one that worked last for a user first. In a
 * constrained one the user needs `impersonate-on:<mode>:<verb>` on what is asked for and `impersonate:<mode>` on the
 * identity; in the old one `impersonate` on every part of it. If none works the first refusal is told.
 *
 * Successes of constrained modes are kept for ten seconds. Source: apiserver pkg/endpoints/filters/impersonation (KEP-5284).
 *
 * @param constrained the feature gate ConstrainedImpersonation
 */
export function impersonation(inner: Authorizer, constrained: boolean, observer?: ImpersonationObserver): Filter {
  const authorizer = observer === undefined || !constrained ? inner : observed(inner, observer)
  const told = constrained ? observer : undefined
  const modes = constrained ? allModes : [legacy]
  const lastMode = new LRUCache<string, Mode>({ max: maxRemembered })
  const cache = new ImpersonationCache()
  const settle = async (context: RequestContext, wanted: WantedUser): Promise<void> => {
    const began = performance.now()
    const attributes = attributesOf(context)
    const { name } = attributes.user
    const last = lastMode.get(name)
    const inOrder = last === undefined ? modes : [last, ...modes.filter((mode) => mode !== last)]
    const wantedText = JSON.stringify([wanted.name, wanted.uid, wanted.groups, [...wanted.extra]])
    let refusal: unknown
    for (const mode of inOrder) {
      if (!mode.applies(wanted, attributes.user)) continue
      try {
        const user = await remembered(authorizer, mode, wanted, attributes, cache, wantedText)
        lastMode.set(name, mode)
        context.user = user
        told?.attempted(mode.verb.slice(prefixLength) || 'legacy', true, (performance.now() - began) / 1000)
        context.audit?.impersonated(user, mode.verb === 'impersonate' ? '' : mode.verb)
        return
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        refusal ??= error
      }
    }
    told?.attempted('', false, (performance.now() - began) / 1000)
    context.exchange.header('x-content-type-options', 'nosniff')
    throw refusal
  }
  return (next) => (context) => {
    const wanted = takeHeaders(context)
    return wanted === undefined ? next(context) : settle(context, wanted).then(() => next(context))
  }
}

/** For metrics. Modes are named as in the verbs, and `legacy`. */
export interface ImpersonationObserver {
  /** @param mode empty if none worked */
  attempted(mode: string, allowed: boolean, seconds: number): void
  /** One question to the authorizer on the way. */
  authorized(mode: string, allowed: boolean, seconds: number): void
}

const prefixLength = 'impersonate:'.length

function observed(inner: Authorizer, observer: ImpersonationObserver): Authorizer {
  return {
    async authorize(attributes) {
      const began = performance.now()
      const decision = await inner.authorize(attributes)
      const mode = attributes.verb.split(':')[1] ?? 'legacy'
      observer.authorized(mode, decision.verdict === 'allow', (performance.now() - began) / 1000)
      return decision
    },
  }
}

/** What the headers ask for, as they say it. */
interface WantedUser {
  readonly name: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: ReadonlyMap<string, readonly string[]>
}

const extraPrefix = 'impersonate-extra-'

/** Reads the headers and takes them away: nothing behind this filter shall act differently because of them. */
function takeHeaders({ exchange }: RequestContext): WantedUser | undefined {
  const { headers } = exchange
  const extraNames: string[] = []
  let any = false
  for (const name in headers) {
    if (!name.startsWith('impersonate-')) continue
    any = true
    if (name.startsWith(extraPrefix)) extraNames.push(name)
  }
  if (!any) return undefined
  const first = (name: string): string => exchange.headerValues(name)[0] ?? ''
  const groups = [...exchange.headerValues('impersonate-group')]
  const extra = new Map<string, string[]>()
  for (const name of extraNames) {
    const key = unescapeKey(name.slice(extraPrefix.length))
    extra.set(key, [...(extra.get(key) ?? []), ...exchange.headerValues(name)])
  }
  const wanted: WantedUser = { name: first('impersonate-user'), uid: first('impersonate-uid'), groups, extra }
  if (wanted.name === '') {
    if (wanted.uid === '' && groups.length === 0 && extra.size === 0) return undefined
    exchange.header('x-content-type-options', 'nosniff')
    throw badRequest(`requested ${goSyntax(wanted)} without impersonating a user name`)
  }
  for (const name of ['impersonate-user', 'impersonate-uid', 'impersonate-group', ...extraNames]) delete headers[name]
  return wanted
}

/** As Go's %#v prints it. */
function goSyntax({ name, uid, groups, extra }: WantedUser): string {
  const list = (values: readonly string[]): string => `[]string{${values.map(quote).join(', ')}}`
  const entries = [...extra].sort(([a], [b]) => (a < b ? -1 : 1))
  const map = entries.map(([key, values]) => `${quote(key)}:${list(values)}`)
  const shownGroups = groups.length === 0 ? '[]string(nil)' : list(groups)
  const shownExtra = map.length === 0 ? 'map[string][]string(nil)' : `map[string][]string{${map.join(', ')}}`
  return `&user.DefaultInfo{Name:${quote(name)}, UID:${quote(uid)}, Groups:${shownGroups}, Extra:${shownExtra}}`
}

interface Mode {
  /** On the parts of the identity. */
  readonly verb: string
  /** Before the verb of the request; undefined: the request itself is not looked at. */
  readonly on?: string
  readonly applies: (wanted: WantedUser, requestor: UserInfo) => boolean
  /** What the authorizer is asked instead. */
  readonly ask?: (attributes: Attributes) => Attributes
}

const onlyName = ({ uid, groups, extra }: WantedUser): boolean => uid === '' && groups.length === 0 && extra.size === 0

const constrainedMode = (name: string, applies: Mode['applies'], ask?: Mode['ask']): Mode => ({
  verb: `impersonate:${name}`,
  on: `impersonate-on:${name}:`,
  applies,
  ...(ask === undefined ? {} : { ask }),
})

const legacy: Mode = { verb: 'impersonate', applies: () => true }

const nodeNameKey = 'authentication.kubernetes.io/node-name'
const associatedKeys = 'authentication.kubernetes.io/associated-node-keys'

const allModes: readonly Mode[] = [
  constrainedMode(
    'associated-node',
    (wanted, requestor) => {
      const node = onlyName(wanted) ? nodeOf(wanted.name) : undefined
      if (node === undefined || accountOf(requestor.name) === undefined) return false
      const own = requestor.extra?.[nodeNameKey] ?? []
      return own.length === 1 && own[0] === node
    },
    // The right holds for whichever node the account's pod runs on.
    (attributes) => ({
      ...attributes,
      user: { ...attributes.user, extra: { [associatedKeys]: Object.keys(attributes.user.extra ?? {}).sort() } },
      name: attributes.verb === 'impersonate:associated-node' ? '*' : attributes.name,
    }),
  ),
  constrainedMode('arbitrary-node', (wanted) => onlyName(wanted) && nodeOf(wanted.name) !== undefined),
  constrainedMode('serviceaccount', (wanted) => onlyName(wanted) && accountOf(wanted.name) !== undefined),
  constrainedMode('user-info', ({ name }) => nodeOf(name) === undefined && accountOf(name) === undefined),
  legacy,
]

const nodePrefix = 'system:node:'

function nodeOf(user: string): string | undefined {
  if (!user.startsWith(nodePrefix)) return undefined
  const name = user.slice(nodePrefix.length)
  return isDns1123Subdomain(name).length === 0 ? name : undefined
}

const accountPattern = /^system:serviceaccount:([^:]+):([^:]+)$/

function accountOf(user: string): { readonly namespace: string; readonly name: string } | undefined {
  const found = accountPattern.exec(user)
  if (found === null || isDns1123Label(found[1]!).length > 0 || isDns1123Subdomain(found[2]!).length > 0)
    return undefined
  return { namespace: found[1]!, name: found[2]! }
}

/** From so many parts on, a right to all of them is asked for first. */
const many = 4

/** The user as whom the request goes on: what was asked before is not asked again. Throws Forbidden. */
async function remembered(
  authorizer: Authorizer,
  mode: Mode,
  wanted: WantedUser,
  request: Attributes,
  cache: ImpersonationCache,
  wantedText: string,
): Promise<UserInfo> {
  if (mode.on === undefined) return impersonated(authorizer, mode, wanted, request)
  const inner = identityKey(mode.verb, wantedText, request.user)
  const outer = requestKey(inner, request)
  const known = cache.get(outer)
  if (known !== undefined) return known
  await must(authorizer, mode, { ...request, verb: `${mode.on}${request.verb}` })
  let user = cache.get(inner)
  if (user === undefined) {
    user = await impersonated(authorizer, mode, wanted, request)
    cache.set(inner, user)
  }
  cache.set(outer, user)
  return user
}

/** Throws Forbidden unless it is allowed. */
async function must(authorizer: Authorizer, mode: Mode, attributes: Attributes): Promise<void> {
  const asked = mode.ask?.(attributes) ?? attributes
  const { verdict, reason, error } = await authorizer.authorize(asked)
  if (verdict === 'allow') return
  throw forbiddenError(
    asked,
    error === undefined ? reason : reason === '' ? error.message : `${error.message}: ${reason}`,
  )
}

/** The user whom the identity makes, if every part of it is allowed. Throws Forbidden. */
async function impersonated(
  authorizer: Authorizer,
  mode: Mode,
  wanted: WantedUser,
  request: Attributes,
): Promise<UserInfo> {
  const isConstrained = mode.on !== undefined
  const may = (attributes: Attributes): Promise<void> => must(authorizer, mode, attributes)
  const mayAll = async (attributes: Attributes): Promise<boolean> =>
    may(attributes).then(
      () => true,
      () => false,
    )
  const part = (apiGroup: string, resource: string, name: string, subresource = '', namespace = ''): Attributes => ({
    user: request.user,
    verb: mode.verb,
    isResourceRequest: true,
    apiGroup,
    apiVersion: 'v1',
    resource,
    subresource,
    namespace,
    name,
    path: '',
    fieldSelector: '',
    labelSelector: '',
  })
  const identities = isConstrained ? authentication : ''
  const account = accountOf(wanted.name)
  const node = isConstrained ? nodeOf(wanted.name) : undefined
  if (account !== undefined) await may(part(identities, 'serviceaccounts', account.name, '', account.namespace))
  else if (node !== undefined) await may(part(identities, 'nodes', node))
  else await may(part(identities, 'users', wanted.name))

  if (wanted.uid !== '') await may(part(authentication, 'uids', wanted.uid))

  const { groups } = wanted
  if (isConstrained) {
    if (groups.includes(''))
      throw forbiddenError(part(identities, 'groups', ''), 'impersonating the empty string group is not allowed')
    if (groups.includes('system:masters'))
      throw forbiddenError(
        part(identities, 'groups', 'system:masters'),
        'impersonating the system:masters group is not allowed',
      )
  }
  if (!(isConstrained && groups.length >= many && (await mayAll(part(identities, 'groups', '*')))))
    for (const group of groups) await may(part(identities, 'groups', group))

  const values = [...wanted.extra].flatMap(([key, list]) => list.map((value) => [key, value] as const))
  const problem = isConstrained ? explainExtra(wanted.extra) : undefined
  if (problem !== undefined) throw forbiddenError(part(authentication, 'userextras', ''), problem)
  const large = isConstrained && (wanted.extra.size >= many || values.length >= many)
  if (!(large && (await mayAll(part(authentication, 'userextras', '*', '*')))))
    for (const [key, value] of values) await may(part(authentication, 'userextras', value, key))

  const implied =
    node !== undefined
      ? ['system:nodes']
      : account !== undefined && groups.length === 0
        ? ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`]
        : groups
  return {
    name: wanted.name,
    ...(wanted.uid === '' ? {} : { uid: wanted.uid }),
    groups: withEveryone(wanted.name, implied),
    ...(wanted.extra.size === 0 ? {} : { extra: Object.fromEntries(wanted.extra) }),
  }
}

const authentication = 'authentication.k8s.io'

function withEveryone(name: string, groups: readonly string[]): readonly string[] {
  const anonymous = name === 'system:anonymous'
  if (!anonymous && groups.includes('system:unauthenticated')) return groups
  const group = anonymous ? 'system:unauthenticated' : 'system:authenticated'
  return groups.includes(group) ? groups : [...groups, group]
}
