import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const bench = fileURLToPath(new URL('../bench/run.mjs', import.meta.url))

test('every workload of the bench runs beside its floor', () => {
  const report = execFileSync(process.execPath, [bench, '--short'], { encoding: 'utf8', timeout: 480_000 })
  for (const workload of [
    'GET a ConfigMap',
    'LIST 500 Pods',
    'POST a Pod',
    'watch fan-out',
    'start to ready',
    'memory idle',
  ])
    expect(report).toContain(workload)
  expect(report).not.toMatch(/ 0\/s|NaN/)
}, 540_000)
