import { test } from 'vitest'
import { runOracle } from './oracle/run-oracle.js'

test(
  'who may do what, and what admission makes of it, is as recorded',
  () => runOracle(['access', 'admission']),
  600_000,
)

test('custom resources are served as recorded', () => runOracle(['crd']), 600_000)

test(
  'what is owned in versions that a kind has not, or not any more, fares as recorded',
  () => runOracle(['crd-owners']),
  60_000,
)

test('the servers of others are as recorded', () => runOracle(['aggregation']), 600_000)

test('numbers and repeated keys are read as recorded', () => runOracle(['numbers']), 60_000)
