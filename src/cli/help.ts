import { quote } from '../api/index.js'
import type { Flag, Section } from './flag.js'
import { string } from './values/types.js'

/**
 * What --help prints: the purpose, then the flags of each section in order. Layout as upstream's
 * (component-base cli/flag/sectioned.go, pflag FlagUsagesWrapped).
 *
 * @param columns width to wrap to; 0 does not wrap
 */
export function helpText(command: string, purpose: string, sections: readonly Section[], columns: number): string {
  const parts = sections.map(({ name, flags }) => `\n${name} flags:\n\n${usages(flags, columns)}`)
  return `${purpose}\n\nUsage:\n  ${command} [flags]\n${parts.join('')}`
}

/** On a terminal each help starts on a line of its own; otherwise it stands beside the flag and is not wrapped. */
function usages(flags: readonly Flag[], columns: number): string {
  const shown = flags.filter(({ hidden }) => hidden === undefined)
  const rows = shown.sort((a, b) => (a.name < b.name ? -1 : 1)).map((flag) => [left(flag), right(flag)] as const)
  if (columns > 24) return rows.map(([text, help]) => `${text}\n${indented(help, columns)}`).join('')
  const width = Math.max(...rows.map(([text]) => text.length)) + 3
  const blanks = ' '.repeat(width)
  return rows.map(([text, help]) => `${text.padEnd(width)}${help.replaceAll('\n', `\n${blanks}`)}\n`).join('')
}

function left(flag: Flag): string {
  const name = flag.short === undefined ? `      --${flag.name}` : `  -${flag.short}, --${flag.name}`
  const kind = /`([^`]*)`/.exec(flag.help)?.[1] ?? flag.type.name
  const alone = flag.alone === undefined ? '' : `[=${flag.alone}]`
  return `${name}${kind === '' ? '' : ` ${kind}`}${alone}`
}

function right(flag: Flag): string {
  let text = [flag.help.replaceAll('`', ''), ...(flag.options?.() ?? [])].join('\n')
  const value = flag.type.format(flag.default)
  if (!flag.type.isZero(flag.default)) {
    text += ` (default ${(flag.type as unknown) === string ? quote(value) : value})`
  }
  if (flag.deprecated !== undefined) text += ` (DEPRECATED: ${flag.deprecated})`
  if (flag.notBuilt !== undefined) text += ' (not built yet)'
  return text
}

const indent = 16

/** Lines of `text` up to column `columns`. */
function indented(text: string, columns: number): string {
  const width = Math.max(columns - indent, 24)
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > width) {
        lines.push(line)
        line = word
      } else line = line === '' ? word : `${line} ${word}`
    }
    lines.push(line)
  }
  return lines.map((line) => `${' '.repeat(indent)}${line}\n`).join('')
}
