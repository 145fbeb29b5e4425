export interface PrintOptions {
  /** Wall clock in milliseconds. */
  readonly now: number
}

/** The time since an RFC 3339 timestamp, as people say it; `<unknown>` without one. */
export function since(timestamp: string | null | undefined, now: number): string {
  if (timestamp === undefined || timestamp === null || timestamp === '') return '<unknown>'
  const then = Date.parse(timestamp)
  return Number.isNaN(then) ? '<unknown>' : humanDuration(now - then)
}

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/**
 * A duration in milliseconds in at most two units: `5s`, `3m20s`, `2d4h`, `5y`. A little below zero is `0s` (clocks
 * differ), more is `<invalid>`. Source: apimachinery pkg/util/duration.
 */
export function humanDuration(duration: number): string {
  const seconds = Math.trunc(duration / second)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.trunc(duration / minute)
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.trunc(duration / hour)
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.trunc(hours / 24)
  if (days < 8) return two(days, 'd', hours % 24, 'h')
  if (days < 365 * 2) return `${days}d`
  const years = Math.trunc(days / 365)
  return years < 8 ? two(years, 'y', days % 365, 'd') : `${years}y`
}

const two = (a: number, unitOfA: string, b: number, unitOfB: string): string =>
  b === 0 ? `${a}${unitOfA}` : `${a}${unitOfA}${b}${unitOfB}`

/** `a=b,c=d`, sorted; `<none>` if there are none. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(labels ?? {}).sort()
  return keys.length === 0 ? '<none>' : keys.map((key) => `${key}=${labels![key]}`).join(',')
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

/** `a=b,c in (x,y),!d`, sorted by key; undefined if it is not a valid selector, empty if it selects all or nothing. */
export function selectorText(selector: LabelSelector | undefined): string | undefined {
  const terms: { key: string; text: string }[] = []
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) terms.push({ key, text: `${key}=${value}` })
  for (const { key, operator, values = [] } of selector?.matchExpressions ?? []) {
    const list = `(${[...values].sort().join(',')})`
    const isSet = operator === 'In' || operator === 'NotIn'
    if (isSet !== values.length > 0) return undefined
    if (operator === 'In') terms.push({ key, text: `${key} in ${list}` })
    else if (operator === 'NotIn') terms.push({ key, text: `${key} notin ${list}` })
    else if (operator === 'Exists') terms.push({ key, text: key })
    else if (operator === 'DoesNotExist') terms.push({ key, text: `!${key}` })
    else return undefined
  }
  terms.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return terms.map(({ text }) => text).join(',')
}

/** `selectorText` as most kinds show it: `<none>` if empty, `<error>` if invalid. */
export function selectorCell(selector: LabelSelector | undefined): string {
  const text = selectorText(selector)
  return text === undefined ? '<error>' : text === '' ? '<none>' : text
}

/** How Go prints a LabelSelector's message: it shows in the tables of policy bindings. */
export function selectorMessage(selector: LabelSelector): string {
  const labels = Object.keys(selector.matchLabels ?? {})
    .sort()
    .map((key) => `${key}: ${selector.matchLabels![key]},`)
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  )
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
}

/** The first `max` of the texts and how many more there are; `empty` if there is nothing to show. */
export function listText(texts: readonly string[], max: number, empty: string): string {
  const text = texts.slice(0, max).join(',')
  if (texts.length > max) return `${text} + ${texts.length - max} more...`
  return text === '' ? empty : text
}

export const orNone = (text: string | undefined): string => (text === undefined || text === '' ? '<none>' : text)

/** What a load balancer can be reached at, sorted, each once. */
export function loadBalancerText(status: { ingress?: { ip?: string; hostname?: string }[] } | undefined): string {
  const addresses = (status?.ingress ?? []).map(({ ip, hostname }) => (ip ? ip : (hostname ?? '')))
  return [...new Set(addresses.filter((address) => address !== ''))].sort().join(',')
}

/** A condition's status, or undefined if there is no condition of that type. */
export const conditionStatus = (
  conditions: readonly { type: string; status: string }[] | undefined,
  type: string,
): string | undefined => conditions?.find((condition) => condition.type === type)?.status
