import { test } from 'vitest'
import { runOracle } from './oracle/run-oracle.js'

test(
  'the built-in kinds live as recorded',
  () => runOracle(['kinds-life-core', 'kinds-life-work', 'kinds-life-rest', 'kinds-verbs']),
  600_000,
)

test(
  'the built-in kinds refuse as recorded',
  () =>
    runOracle([
      'kinds-validation-core',
      'kinds-validation-names',
      'kinds-validation-pods',
      'kinds-validation-rest',
      'kinds-validation-updates',
      'kinds-validation-work',
    ]),
  600_000,
)
