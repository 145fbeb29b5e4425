import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { helpText } from '../help.js'
import { sections } from './table.js'

interface Upstream {
  readonly type: string
  readonly default?: string
  readonly short?: string
  readonly deprecated?: boolean
}
const upstream = JSON.parse(
  readFileSync(new URL('../testdata/kube-apiserver-flags.json', import.meta.url), 'utf8'),
) as Record<string, Record<string, Upstream>>
const help = helpText('kube-apiserver', 'Purpose.', sections, 0)

test('the sections are those of kube-apiserver, in its order, then our own', () => {
  expect(sections.map(({ name }) => name)).toEqual([...Object.keys(upstream), 'Kats'])
})

for (const { name, flags: all } of sections.filter((section) => section.name !== 'Kats')) {
  const flags = all.filter(({ hidden }) => hidden === undefined)
  describe(name, () => {
    test('has all flags of kube-apiserver and no others', () => {
      expect(flags.map((flag) => flag.name).sort()).toEqual(Object.keys(upstream[name]!).sort())
    })
    for (const flag of flags) {
      test(`--${flag.name} has type, default and letter of kube-apiserver's`, () => {
        const { type, default: value, short, deprecated = false } = upstream[name]![flag.name]!
        const line = help.split('\n').find((text) => new RegExp(`^ +(-., )?--${flag.name}( |\\[)`).test(text))
        expect(line).toBeDefined()
        const kind = type === 'bool' ? '' : ` ${type}`
        expect(line!.trimStart()).toMatch(
          new RegExp(`^${short === undefined ? '' : `-${short}, `}--${flag.name}${quoted(kind)}  `),
        )
        if (name !== 'API enablement') {
          expect(/\(default (.*?)\)( \(DEPRECATED.*\))?( \(not built yet\))?$/.exec(line!)?.[1]).toBe(value)
        }
        expect(flag.deprecated !== undefined).toBe(deprecated)
      })
    }
  })
}

test('what help does not show is deprecated, and accepted', () => {
  const hidden = sections.flatMap(({ flags }) => flags).filter((flag) => flag.hidden !== undefined)
  expect(hidden.map(({ name }) => name)).toContain('apiserver-count')
  for (const { name, deprecated } of hidden) {
    expect(deprecated).toBeDefined()
    expect(help).not.toContain(`--${name} `)
  }
})

test('every flag is carried into the options, refused or explained, and only one of these', () => {
  for (const flag of sections.flatMap(({ flags }) => flags)) {
    const ways = [flag.apply, flag.notBuilt, flag.noEffect].filter((way) => way !== undefined)
    expect(ways, flag.name).toHaveLength(1)
  }
})

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
