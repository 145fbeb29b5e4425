import { describe, expect, test } from 'vitest'
import type { Definition } from './definition.js'
import { acceptedOf, acceptNames } from './names.js'
import { statusOf } from './status.js'
import { compareVersions, deprecationOf } from './versions.js'

const definition = (names: object, accepted?: object): Definition =>
  ({
    metadata: { name: 'items.example.test' },
    spec: { group: 'example.test', names, versions: [], scope: 'Cluster' },
    ...(accepted === undefined ? {} : { status: { acceptedNames: accepted } }),
  }) as unknown as Definition

const thing = { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList', shortNames: ['tt'] }

describe('names', () => {
  test('that nobody has are accepted', () => {
    const item = { plural: 'items', singular: 'item', kind: 'Item', listKind: 'ItemList' }
    expect(acceptNames(definition(item), [thing])).toEqual({ names: item })
  })
  test('that somebody has are not; the rest is', () => {
    const item = { plural: 'items', singular: 'thing', kind: 'Thing', listKind: 'ThingList' }
    expect(acceptNames(definition(item), [thing])).toEqual({
      names: { plural: 'items', kind: '' },
      conflict: { reason: 'ListKindConflict', message: '"ThingList" is already in use' },
    })
  })
  test('short names are accepted together or not at all', () => {
    const unit = {
      plural: 'units',
      singular: 'unit',
      kind: 'Unit',
      listKind: 'UnitList',
      shortNames: ['tt', 'things', 'u'],
    }
    expect(acceptNames(definition(unit), [thing]).conflict).toEqual({
      reason: 'ShortNamesConflict',
      message: '["tt" is already in use, "things" is already in use]',
    })
  })
  test('one keeps what one has', () => {
    const own = definition(thing, thing)
    expect(acceptNames(own, [acceptedOf(own)])).toEqual({ names: thing })
  })
})

describe('status', () => {
  const now = '2026-01-01T00:00:00Z'
  const free = definition({ plural: 'items', kind: 'Item' })
  test('names and establishment are told at once, and once', () => {
    const status = statusOf(free, acceptNames(free, []), now)
    expect(status.conditions?.map(({ type, status: is, reason }) => [type, is, reason])).toEqual([
      ['NamesAccepted', 'True', 'NoConflicts'],
      ['Established', 'True', 'InitialNamesAccepted'],
    ])
    const after = { ...free, status } as Definition
    expect(statusOf(after, acceptNames(after, [status.acceptedNames!]), 'later')).toBe(status)
  })
  test('what is established stays so, whatever becomes of its names', () => {
    const status = statusOf(free, acceptNames(free, []), now)
    const conflict = { names: status.acceptedNames!, conflict: { reason: 'KindConflict', message: 'x' } }
    const renamed = { ...definition({ plural: 'items', kind: 'Other' }), status } as Definition
    const changed = statusOf(renamed, conflict, 'later')
    expect(changed.conditions?.map(({ status: is }) => is)).toEqual(['False', 'True'])
    expect(changed.conditions?.[0]?.lastTransitionTime).toBe('later')
    expect(changed.conditions?.[1]?.lastTransitionTime).toBe(now)
  })
})

test('names that are settled are not looked at again', () => {
  const now = '2026-01-01T00:00:00Z'
  const names = { plural: 'items', kind: 'Item' }
  const holding = (...conditions: { type: string; status: 'True' | 'False' }[]): Definition =>
    ({ ...definition(names), status: { acceptedNames: names, conditions } }) as Definition
  const settle = (given: Definition) =>
    statusOf(given, acceptNames(given, [acceptedOf(given)]), now).conditions?.map(({ type, status }) => [type, status])
  expect(settle(holding())).toEqual([])
  expect(settle(holding({ type: 'Established', status: 'False' }))).toEqual([['Established', 'False']])
  expect(settle(holding({ type: 'NamesAccepted', status: 'True' }))).toEqual([
    ['NamesAccepted', 'True'],
    ['Established', 'True'],
  ])
})

describe('versions', () => {
  test('come in the order in which clients prefer them', () => {
    const names = ['foo', 'v1beta1', 'v10', 'v2alpha1', 'v1', 'v11alpha2', 'bar', 'v3beta1', 'v2']
    expect(names.sort(compareVersions)).toEqual([
      'v10',
      'v2',
      'v1',
      'v3beta1',
      'v1beta1',
      'v11alpha2',
      'v2alpha1',
      'bar',
      'foo',
    ])
  })
  test('deprecated ones name the one to move to', () => {
    const version = (name: string, more: object = {}) => ({ name, served: true, storage: false, ...more })
    const versions = [version('v1beta1', { deprecated: true }), version('v1'), version('v2', { served: false })]
    const spec = { group: 'g.test', names: { plural: 'things', kind: 'Thing' }, scope: 'Cluster' as const, versions }
    expect(deprecationOf(spec, versions[0]!)).toBe('g.test/v1beta1 Thing is deprecated; use g.test/v1 Thing')
    expect(deprecationOf(spec, versions[1]!)).toBeUndefined()
    expect(deprecationOf(spec, { ...versions[0]!, deprecationWarning: 'away' })).toBe('away')
  })
})
