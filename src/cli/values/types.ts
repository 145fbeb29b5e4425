import { isIP } from 'node:net'
import { formatDuration, parseMilliseconds, quote } from '../../api/index.js'
import { readCsv, writeCsv } from './csv.js'
import { parseAtoi, parseBool, parseFloat64, parseInt64, parseLevel } from './go-numbers.js'

/**
 * How the values of a kind of flag are read and printed. Names, texts and forms are pflag's and component-base's.
 */
export interface FlagType<T> {
  /** What help prints behind the flag's name; empty for booleans. */
  readonly name: string
  /**
   * @param before what the flag got earlier on this command line, undefined the first time: lists and maps add to it
   * @throws Error with the text that upstream's parser gives
   */
  parse(text: string, before: T | undefined): T
  /** As `--v=1` logs it and help prints a default. */
  format(value: T): string
  /** Whether help leaves this out as a default. */
  isZero(value: T): boolean
}

export const string: FlagType<string> = {
  name: 'string',
  parse: (text) => text,
  format: (value) => value,
  isZero: (value) => value === '',
}

export const bool: FlagType<boolean> = {
  name: '',
  parse: parseBool,
  format: String,
  isZero: (value) => !value,
}

const number = (name: string, parse: (text: string) => number): FlagType<number> => ({
  name,
  parse,
  format: String,
  isZero: (value) => value === 0,
})
export const int = number('int', (text) => parseInt64(text))
export const float = number('float', parseFloat64)
export const float32 = number('float32', parseFloat64)
export const level = number('Level', parseLevel)

/** Milliseconds. */
export const duration: FlagType<number> = {
  name: 'duration',
  parse: parseMilliseconds,
  format: (milliseconds) => formatDuration(BigInt(Math.round(milliseconds * 1e6))),
  isZero: (value) => value === 0,
}

/** An IP address, or empty. */
export const ip: FlagType<string> = {
  name: 'ip',
  parse: (text, before = '') => {
    if (text === '') return before
    const address = text.trim()
    if (isIP(address) === 0 || address.includes('%')) throw new Error(`failed to parse IP: ${quote(text)}`)
    return address
  },
  format: (value) => (value === '' ? '<nil>' : value),
  isZero: (value) => value === '',
}

/** Comma-separated, quoted as in CSV; repeating the flag adds. */
export const strings: FlagType<readonly string[]> = {
  name: 'strings',
  parse: (text, before = []) => [...before, ...readCsv(text)],
  format: (value) => `[${writeCsv(value)}]`,
  isZero: (value) => value.length === 0,
}

/** One value a flag, taken as it is; repeating the flag adds. */
export const stringArray: FlagType<readonly string[]> = {
  ...strings,
  name: 'stringArray',
  parse: (text, before = []) => [...before, text],
}

export const int32Slice: FlagType<readonly number[]> = {
  name: 'int32Slice',
  parse: (text, before = []) => [...before, ...text.split(',').map((part) => parseInt64(part, 32))],
  format: (value) => `[${value.join(',')}]`,
  // pflag has no case for this type and prints "(default [])".
  isZero: () => false,
}

export type StringMap = ReadonlyMap<string, string>

const sortedPairs = (value: StringMap): string[] => [...value].map(([key, item]) => `${key}=${item}`).sort()

/** `a=1,b=2`; repeating the flag adds. */
export const mapStringString: FlagType<StringMap> = {
  name: 'mapStringString',
  parse: (text, before) => {
    const map = new Map(before)
    for (const pair of text.split(',').filter((part) => part !== '')) {
      const at = pair.indexOf('=')
      if (at < 0) throw new Error('malformed pair, expect string=string')
      map.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim())
    }
    return map
  },
  format: (value) => sortedPairs(value).join(','),
  isZero: (value) => value.size === 0,
}

/** As mapStringString, but commas belong to the value: one pair for each use of the flag. */
export const mapStringStringWhole: FlagType<StringMap> = {
  ...mapStringString,
  parse: (text, before) => {
    const at = text.indexOf('=')
    if (at < 0) throw new Error('malformed pair, expect string=string')
    return new Map(before).set(text.slice(0, at).trim(), text.slice(at + 1).trim())
  },
}

/** As mapStringString, but a key alone is a key with an empty value. */
export const configurationMap: FlagType<StringMap> = {
  ...mapStringString,
  parse: (text, before) => {
    const map = new Map(before)
    for (const pair of text.split(',').filter((part) => part !== '')) {
      const at = pair.indexOf('=')
      if (at < 0) map.set(pair.trim(), '')
      else map.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim())
    }
    return map
  },
}

/** pflag's own map: no blanks are taken off, and pairs may be quoted as in CSV. */
export const stringToString: FlagType<StringMap> = {
  name: 'stringToString',
  parse: (text, before) => {
    const count = text.split('=').length - 1
    if (count === 0) throw new Error(`${text} must be formatted as key=value`)
    const map = new Map(before)
    for (const pair of count === 1 ? [text.replace(/^"+|"+$/g, '')] : readCsv(text)) {
      const at = pair.indexOf('=')
      if (at < 0) throw new Error(`${pair} must be formatted as key=value`)
      map.set(pair.slice(0, at), pair.slice(at + 1))
    }
    return map
  },
  format: (value) => `[${writeCsv(sortedPairs(value))}]`,
  isZero: () => false,
}

/** `component:value,...`; a value without a component belongs to "". */
export const multimap: FlagType<ReadonlyMap<string, readonly string[]>> = {
  name: 'colonSeparatedMultimapStringString',
  parse: (text, before) => {
    const map = new Map(before)
    for (const pair of text.split(',').filter((part) => part !== '')) {
      const at = pair.indexOf(':')
      const key = at < 0 ? '' : pair.slice(0, at).trim()
      map.set(key, [...(map.get(key) ?? []), pair.slice(at + 1).trim()])
    }
    return map
  },
  format: (value) => {
    const keys = [...value.keys()].sort()
    return keys.flatMap((key) => value.get(key)!.map((item) => `${key}:${item}`)).join(',')
  },
  isZero: (value) => value.size === 0,
}

export interface NamedCertKey {
  readonly certFile: string
  readonly keyFile: string
  readonly names: readonly string[]
}

/** `cert,key` or `cert,key:name,name`; one a flag, repeating adds. */
export const namedCertKey: FlagType<readonly NamedCertKey[]> = {
  name: 'namedCertKey',
  parse: (text, before = []) => {
    const colon = text.indexOf(':')
    const list = colon < 0 ? undefined : text.slice(colon + 1).trim()
    if (list === '') throw new Error('empty names list is not allowed')
    const files = (colon < 0 ? text : text.slice(0, colon)).trim().split(',')
    if (files.length !== 2) throw new Error('expected comma separated certificate and key file paths')
    const names = list === undefined ? [] : list.split(',').map((name) => name.trim())
    return [...before, { certFile: files[0]!.trim(), keyFile: files[1]!.trim(), names }]
  },
  format: (value) =>
    `[${value.map((pair) => `${pair.certFile},${pair.keyFile}${pair.names.length > 0 ? `:${pair.names.join(',')}` : ''}`).join(';')}]`,
  isZero: () => false,
}

/** First and last port; [0, -1] is none. */
export type PortRange = readonly [first: number, last: number]

/** `80`, `80-90` or `80+10`, ends included. */
export const portRange: FlagType<PortRange> = {
  name: 'portRange',
  parse: (text) => {
    const value = text.trim()
    if (value === '') return [0, -1]
    const hyphen = value.indexOf('-')
    const plus = value.indexOf('+')
    if (hyphen >= 0 && plus >= 0) throw new Error(`unable to parse port range: ${value}`)
    const at = Math.max(hyphen, plus)
    const first = parseAtoi(at < 0 ? value : value.slice(0, at))
    const second = at < 0 ? first : parseAtoi(value.slice(at + 1))
    const last = plus >= 0 ? first + second : second
    if (first > 65535 || last > 65535) throw new Error(`the port range cannot be greater than 65535: ${value}`)
    if (last < first) throw new Error(`end port cannot be less than start port: ${value}`)
    return [first, last]
  },
  format: ([first, last]) => (last < first ? '' : `${first}-${last}`),
  isZero: ([first, last]) => last < first,
}

/** A size such as 512, 1K, 2Ki; kept as it is written, because nothing reads it yet. */
export const quantity: FlagType<string> = {
  name: 'quantity',
  parse: (text) => {
    if (!/^[+-]?(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkKMGTPE]|[eE][+-]?\d+)?$/.test(text)) {
      throw new Error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    }
    return text
  },
  format: (value) => value,
  isZero: (value) => value === '0',
}

/** `pattern=N,...`: which parts of the server log more. */
export const vmodule: FlagType<readonly string[]> = {
  name: 'pattern=N,...',
  parse: (text, before = []) => {
    const items = text.split(',').filter((part) => part !== '')
    for (const item of items) {
      const parts = item.split('=')
      if (parts.length !== 2 || parts[0] === '' || parts[1] === '') {
        throw new Error(`${quote(item)} does not have the pattern=N format`)
      }
      try {
        parseLevel(parts[1]!)
      } catch (error) {
        throw new Error(`parsing verbosity in ${quote(item)}: ${(error as Error).message}`)
      }
    }
    return [...before, ...items]
  },
  format: (value) => value.join(','),
  isZero: (value) => value.length === 0,
}
