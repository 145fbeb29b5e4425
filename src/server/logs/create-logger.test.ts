import { describe, expect, test } from 'vitest'
import { createLogger, silentLogger } from './create-logger.js'
import type { LoggerOptions } from './line-writer.js'
import type { Logger } from './logger.js'

const at = new Date(2026, 10, 21, 7, 30, 0, 123).getTime()

function lines(options: Partial<LoggerOptions>, write: (log: Logger) => void): string[] {
  const written: string[] = []
  write(
    createLogger({
      format: 'text',
      verbosity: 0,
      vmodule: '',
      now: () => at,
      pid: 12345,
      ...options,
      write: (line) => written.push(line),
    }),
  )
  return written
}

describe('klog text', () => {
  const cases: { write: (log: Logger) => void; want: string }[] = [
    { write: (log) => log.info(0, 'plain "text"'), want: 'I1121 07:30:00.123000   12345 kats:1] plain "text"\n' },
    {
      write: (log) => log.named('store').info(0, 'Compacted', { revision: 7, prefix: '/a"b', took: null, list: ['x'] }),
      want: 'I1121 07:30:00.123000   12345 store:1] "Compacted" revision=7 prefix="/a\\"b" took=<nil> list=["x"]\n',
    },
    { write: (log) => log.warn('Careful', {}), want: 'W1121 07:30:00.123000   12345 kats:1] "Careful"\n' },
    {
      write: (log) => log.error(new Error('boom'), 'command failed', { n: 1 }),
      want: 'E1121 07:30:00.123000   12345 kats:1] "command failed" err="boom" n=1\n',
    },
    { write: (log) => log.error(undefined, 'm'), want: 'E1121 07:30:00.123000   12345 kats:1] "m" err=<nil>\n' },
    {
      write: (log) => log.info(0, 'm', { text: 'a\nI1121 forged' }),
      want: 'I1121 07:30:00.123000   12345 kats:1] "m" text=<\n\ta\n\tI1121 forged\n >\n',
    },
    {
      write: (log) => log.info(0, 'a\nI1121 forged'),
      want: 'I1121 07:30:00.123000   12345 kats:1] a\n\tI1121 forged\n',
    },
  ]
  for (const { write, want } of cases) test(want.slice(31).trim(), () => expect(lines({}, write)).toEqual([want]))

  test('a bug of ours is told with its stack', () => {
    const [line] = lines({}, (log) => log.error(new TypeError('x is not a function'), 'm'))
    expect(line).toContain('\tTypeError: x is not a function\n\t    at ')
  })
})

describe('verbosity', () => {
  const say = (log: Logger): void => {
    for (const level of [0, 1, 2, 3]) log.info(level, `${level}`)
  }
  test('lets lower levels through', () => expect(lines({ verbosity: 2 }, say)).toHaveLength(3))
  test('is overridden by the first pattern that fits', () => {
    const count = (part: string): number =>
      lines({ verbosity: 1, vmodule: 'st*=3,store=0,h?b=0,' }, (log) => say(log.named(part))).length
    expect([count('store'), count('hub'), count('other')]).toEqual([4, 1, 2])
  })
  test('can be asked for', () => {
    lines({ verbosity: 2 }, (log) => expect([log.enabled(2), log.enabled(3)]).toEqual([true, false]))
    expect(silentLogger.named('x').enabled(0)).toBe(false)
  })

  test('changes for a log and its named parts, but not for what --vmodule names', () => {
    lines({ verbosity: 0, vmodule: 'store=2' }, (log) => {
      const [hub, store] = [log.named('hub'), log.named('store')]
      log.setVerbosity(4)
      expect([log.enabled(4), hub.enabled(4), hub.enabled(5), store.enabled(3)]).toEqual([true, true, false, false])
    })
  })
})

test('json', () => {
  const written = lines({ format: 'json', verbosity: 3 }, (log) => {
    log.named('http').info(3, 'HTTP', { code: 200, big: 2n ** 60n })
    log.error(new Error('boom'), 'command failed')
  })
  expect(written.map((line) => JSON.parse(line) as unknown)).toEqual([
    { ts: at, caller: 'http', msg: 'HTTP', v: 3, code: 200, big: '1152921504606846976' },
    { ts: at, caller: 'kats', msg: 'command failed', err: 'boom' },
  ])
})
