import { quote, quoteList } from '../api/index.js'
import type { Flag, Section } from './flag.js'
import { bool } from './values/types.js'

/** A command line that cannot be understood. The message is one line and pflag's wording. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface ParsedFlags {
  /** One entry for each flag of the table. */
  readonly values: ReadonlyMap<string, unknown>
  /** Names of the flags that were on the command line. */
  readonly given: ReadonlySet<string>
  /** Help was asked for; what else is on the command line has been checked, positional arguments aside. */
  readonly help: boolean
  /** One for each use of a deprecated flag. */
  readonly notices: readonly string[]
}

/**
 * Reads a command line as cobra and pflag do: `--flag value`, `--flag=value`, `-f value`, `-f=value`, `-fvalue`,
 * booleans alone, `_` for `-` in names, `--` ends the flags.
 *
 * @param command the name that errors print
 * @throws UsageError for the first thing that is wrong
 */
export function parseFlags(command: string, table: readonly Section[], args: readonly string[]): ParsedFlags {
  const all = table.flatMap((section) => section.flags)
  const byName = new Map(all.map((flag) => [flag.name, flag]))
  const byShort = new Map(all.flatMap((flag) => (flag.short === undefined ? [] : [[flag.short, flag] as const])))
  const given = new Map<string, unknown>()
  const positional: string[] = []
  const notices: string[] = []
  const rest = [...args]

  const set = (flag: Flag, text: string): void => {
    given.set(flag.name, value(flag, text, given.get(flag.name)))
    if (flag.deprecated !== undefined) notices.push(`Flag --${flag.name} has been deprecated, ${flag.deprecated}`)
  }

  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') {
      positional.push(...rest)
      break
    }
    if (arg.startsWith('--')) long(arg)
    else if (arg.startsWith('-') && arg !== '-') shorts(arg.slice(1))
    else positional.push(arg)
  }
  const help = given.get('help') === true
  // Cobra shows help before it looks at arguments.
  if (!help && positional.some((arg) => arg !== '')) {
    throw new UsageError(`${quote(command)} does not take any arguments, got ${quoteList(positional)}`)
  }
  return {
    values: new Map(all.map((flag) => [flag.name, given.has(flag.name) ? given.get(flag.name) : flag.default])),
    given: new Set(given.keys()),
    help,
    notices,
  }

  function long(arg: string): void {
    if (/^--[-=]/.test(arg)) throw new UsageError(`bad flag syntax: ${arg}`)
    const equals = arg.indexOf('=')
    const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals)
    const flag = byName.get(name.replaceAll('_', '-'))
    if (flag === undefined) throw new UsageError(`unknown flag: --${name}`)
    const text = equals >= 0 ? arg.slice(equals + 1) : (alone(flag) ?? rest.shift())
    if (text === undefined) throw new UsageError(`flag needs an argument: --${name}`)
    set(flag, text)
  }

  /** A group of one-letter flags, of which the last may have a value. */
  function shorts(group: string): void {
    for (let letters = group; letters !== ''; ) {
      const letter = letters[0]!
      const flag = byShort.get(letter)
      if (flag === undefined) throw new UsageError(`unknown shorthand flag: ${goRune(letter)} in -${letters}`)
      const joined = letters.length > 2 && letters[1] === '=' ? letters.slice(2) : undefined
      const standing = joined === undefined ? alone(flag) : undefined
      const text = joined ?? standing ?? (letters.length > 1 ? letters.slice(1) : rest.shift())
      if (text === undefined) throw new UsageError(`flag needs an argument: ${goRune(letter)} in -${letters}`)
      set(flag, text)
      letters = standing === undefined ? '' : letters.slice(1)
    }
  }
}

/** The value of a flag that stands alone; undefined if it needs one. */
const alone = (flag: Flag): string | undefined => flag.alone ?? ((flag.type as unknown) === bool ? 'true' : undefined)

function value(flag: Flag, text: string, before: unknown): unknown {
  try {
    return flag.type.parse(text, before)
  } catch (error) {
    const name = flag.short === undefined ? `--${flag.name}` : `-${flag.short}, --${flag.name}`
    throw new UsageError(`invalid argument ${quote(text)} for ${quote(name)} flag: ${(error as Error).message}`)
  }
}

const goRune = (char: string): string =>
  char === "'" ? "'\\''" : char === '"' ? `'"'` : `'${quote(char).slice(1, -1)}'`
