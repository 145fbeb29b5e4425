import { test } from 'vitest'
import { runOracle } from './oracle/run-oracle.js'

test('webhooks and policies of admission are as recorded', () => runOracle(['webhooks', 'policy']), 600_000)
