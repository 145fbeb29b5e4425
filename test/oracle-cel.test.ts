import { test } from 'vitest'
import { runOracle } from './oracle/run-oracle.js'

test('expressions answer as recorded', () => runOracle(['cel']), 600_000)
