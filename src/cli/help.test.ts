import { expect, test } from 'vitest'
import { command } from './commands.js'
import { helpText } from './help.js'

const { name, purpose, flags } = command('kube-apiserver', {})

test('help is what it was', async () => {
  await expect(helpText(name, purpose, flags, 0)).toMatchFileSnapshot('testdata/help.txt')
})

test('on a terminal the text of a flag is wrapped and stands below it', () => {
  const lines = helpText(name, purpose, flags, 60).split('\n').slice(10)
  const at = lines.indexOf('      --secure-port int')
  expect(lines[at + 1]).toBe('                Port for HTTPS. It cannot be turned off with')
  expect(lines[at + 2]).toBe('                0. (default 6443)')
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(100)
})

test('kats has its own defaults', () => {
  const kats = command('kats', { XDG_DATA_HOME: '/share' })
  const text = helpText(kats.name, kats.purpose, kats.flags, 0)
  expect(text).toContain('(default "/share/kats")')
  expect(text).toMatch(/--bind-address ip .*\(default 127\.0\.0\.1\)/)
  expect(command('kats', { HOME: '/h' }).flags.at(-1)!.flags[0]!.default).toBe('/h/.local/share/kats')
  expect(command('kats', { HOME: '/h', KATS_DATA_DIR: '/d' }).flags.at(-1)!.flags[0]!.default).toBe('/d')
})
