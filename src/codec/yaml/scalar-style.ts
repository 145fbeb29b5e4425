import { resolveScalar } from './resolve.js'

export type Style = 'plain' | 'single' | 'double' | 'literal'

/** How go-yaml writes a text. Source: encode.go (stringv), emitterc.go (analyze_scalar, select_scalar_style). */
export function styleOf(text: string, isKey: boolean): Style {
  const traits = analyze(text)
  if (text.includes('\n')) return isKey || !traits.block ? 'double' : 'literal'
  if (!staysText(text)) return 'double'
  if (traits.plain && !(text === '' && isKey) && !(isKey && traits.breaks)) return 'plain'
  return traits.single && !(isKey && traits.breaks) ? 'single' : 'double'
}

const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/
const timestamp =
  /^\d{4}-(?:0?[1-9]|1[0-2])-(?:0?[1-9]|[12]\d|3[01])(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)| \d{1,2}:\d{1,2}:\d{1,2}(?:[.,]\d+)?)?$/

/** Whether the text, unquoted, would be read as text. */
const staysText = (text: string): boolean =>
  typeof resolveScalar(text, '', true) === 'string' &&
  !(base60.test(text) && text.includes(':')) &&
  !timestamp.test(text)

interface Traits {
  readonly plain: boolean
  readonly single: boolean
  readonly block: boolean
  readonly breaks: boolean
}

const isBreak = (char: string | undefined): boolean => char !== undefined && /^[\n\r\u0085\u2028\u2029]$/.test(char)
const isBlank = (char: string | undefined): boolean =>
  char === undefined || char === ' ' || char === '\t' || isBreak(char)

/** Astral characters count as unprintable. */
export const unprintable = /[^\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/

function analyze(text: string): Traits {
  const chars = [...text]
  let indicators = /^(?:---|\.\.\.)/.test(text)
  let breaks = false
  let breakSpace = false
  let spaceBreak = false
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!
    const beforeBlank = isBlank(chars[i + 1])
    if (
      i === 0
        ? /^[#,[\]{}&*!|>'"%@`]$/.test(char) || (/^[?:-]$/.test(char) && beforeBlank)
        : char === ':' && beforeBlank
    ) {
      indicators = true
    }
    if (i > 0 && char === '#' && isBlank(chars[i - 1])) indicators = true
    if (isBreak(char)) {
      breaks = true
      if (chars[i - 1] === ' ') spaceBreak = true
    } else if (char === ' ' && isBreak(chars[i - 1])) breakSpace = true
  }
  const first = chars[0]
  const last = chars.at(-1)
  const special = unprintable.test(text)
  const edged = first === ' ' || last === ' ' || isBreak(first) || isBreak(last)
  return {
    plain: !edged && !breakSpace && !spaceBreak && !special && !breaks && !indicators,
    single: !breakSpace && !spaceBreak && !special,
    block: text !== '' && last !== ' ' && !spaceBreak && !special,
    breaks,
  }
}
