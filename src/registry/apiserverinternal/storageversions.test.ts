import { describe, expect, test } from 'vitest'
import { FieldErrors, type KubeObject } from '../../api/index.js'
import { storageversions } from './storageversions.js'

const problems = (status: object): string[] => {
  const errors = new FieldErrors()
  const object: KubeObject = { metadata: { name: 'g.things' }, status }
  storageversions.validateStatusUpdate?.(object, object, errors, undefined as never)
  return errors.list.map(({ field, message }) => `${field}: ${message}`)
}
const server = (apiServerID: string, more: object = {}): object => ({
  apiServerID,
  encodingVersion: 'v1',
  decodableVersions: ['v1'],
  ...more,
})

describe('the status of a storage version', () => {
  test.each<[string, object, string[]]>([
    ['nothing', {}, []],
    ['one server', { storageVersions: [server('a')], commonEncodingVersion: 'v1' }, []],
    [
      'servers that do not agree',
      { storageVersions: [server('a'), server('b', { encodingVersion: 'v2', decodableVersions: ['v2'] })] },
      [],
    ],
    [
      'a common version without servers',
      { commonEncodingVersion: 'v1' },
      [
        'status.commonEncodingVersion: Invalid value: "v1": should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet',
      ],
    ],
    [
      'no common version where there is one',
      { storageVersions: [server('a')] },
      ['status.commonEncodingVersion: Invalid value: null: the common encoding version is v1'],
    ],
    [
      'a version that it does not know how to read',
      {
        storageVersions: [server('a', { decodableVersions: ['v2', 'g/'], servedVersions: ['v3'] })],
        commonEncodingVersion: 'v1',
      },
      [
        'status.storageVersions[0].decodableVersions[1]: Invalid value: "g/": version part: must be non-empty',
        'status.storageVersions[0].decodableVersions: Invalid value: ["v2","g/"]: decodableVersions must include encodingVersion v1',
        'status.storageVersions[0].servedVersions[0]: Invalid value: "v3": individual served version : v3 must be included in decodableVersions : [v2 g/]',
      ],
    ],
    [
      'the same server, and the same condition, twice',
      {
        storageVersions: [server('a'), server('a')],
        commonEncodingVersion: 'v1',
        conditions: [1, 2].map(() => ({ type: 'A', status: 'True', reason: 'R', message: 'm' })),
      },
      [
        'status.storageVersions[1].apiServerID: Duplicate value: "a"',
        'status[1].type: Invalid value: "A": the type of the condition is not unique, it also appears in conditions[0]',
      ],
    ],
  ])('%s', (_, status, wanted) => {
    expect(problems(status)).toEqual(wanted)
  })
})
