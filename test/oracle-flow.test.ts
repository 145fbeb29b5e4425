import { test } from 'vitest'
import { runOracle } from './oracle/run-oracle.js'

test('priority and fairness is configured, told and dumped as recorded', () => runOracle(['flow']), 120_000)
