import { test } from 'vitest'
import { runOracle } from './oracle/run-oracle.js'

test(
  'the request machinery answers as recorded',
  () =>
    runOracle([
      'smoke',
      'discovery',
      'content',
      'patch',
      'update',
      'delete',
      'list',
      'watch',
      'dryrun',
      'errors',
      'apply',
      'ns',
    ]),
  600_000,
)
