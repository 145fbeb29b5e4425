import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FieldErrors, type KubeObject } from '../../api/index.js'
import { leasecandidates } from './leasecandidates.js'
import { compareVersions, parseVersion } from './semantic-version.js'

const context = {} as never
const candidate = (spec: object): KubeObject => ({ metadata: { name: 'x' }, spec })
const told = ({ list }: FieldErrors) => list.map(({ field, message }) => `${field}: ${message}`)
const good = { leaseName: 'a', binaryVersion: '1.36.0', emulationVersion: '1.35.0', strategy: 'OldestEmulationVersion' }

test.each<[object, string[]]>([
  [good, []],
  [{ ...good, strategy: 'example.com/Mine', emulationVersion: undefined }, []],
  [{}, ['spec.leaseName: Required value', 'spec.binaryVersion: Required value', 'spec.strategy: Required value']],
  [
    { ...good, binaryVersion: 'v1', emulationVersion: '1.2' },
    [
      'spec.emulationVersion: Invalid value: "1.2": must be a valid semantic version',
      'spec.binaryVersion: Invalid value: "v1": must be a valid semantic version',
      "spec.emulationVersion: Required value: must be specified when `strategy` is 'OldestEmulationVersion'",
    ],
  ],
  [
    { ...good, binaryVersion: '1.35.0-rc.1' },
    ['spec.binaryVersion: Invalid value: "1.35.0-rc.1": must be greater than or equal to `emulationVersion`'],
  ],
  [
    { ...good, strategy: 'Mine' },
    ['spec.strategy.strategy: Unsupported value: "Mine": supported values: "OldestEmulationVersion"'],
  ],
])('%j', (spec, found) => {
  const errors = new FieldErrors()
  leasecandidates.validate?.(candidate(spec), errors, context)
  expect(told(errors)).toEqual(found)
})

test('the lease stays', () => {
  const errors = new FieldErrors()
  leasecandidates.validateUpdate?.(candidate({ ...good, leaseName: 'b' }), candidate(good), errors, context)
  expect(told(errors)).toEqual(['spec.leaseName: Invalid value: "b": field is immutable'])
})

describe('versions', () => {
  test.each(['1', '1.2', 'v1.2.3', '01.2.3', '1.2.3-01', '1.2.3-', '1.2.3+', '', '18446744073709551616.0.0'])(
    'not %s',
    (text) => {
      expect(parseVersion(text)).toBeUndefined()
    },
  )
  test('are in order', () => {
    const ordered = [
      '0.0.0-a',
      '0.0.0',
      '1.0.0-1',
      '1.0.0-2',
      '1.0.0-10',
      '1.0.0-a',
      '1.0.0-a.1',
      '1.0.0',
      '1.0.1',
      '1.10.0',
    ]
    const versions = ordered.map((text) => parseVersion(text)!)
    const position = fc.nat(ordered.length - 1)
    fc.assert(
      fc.property(position, position, (i, j) => {
        expect(Math.sign(compareVersions(versions[i], versions[j]))).toBe(Math.sign(i - j))
      }),
    )
    expect(compareVersions(parseVersion('1.2.3+a'), parseVersion('1.2.3+b'))).toBe(0)
  })
})
