import { expect, test } from 'vitest'
import { ApiError } from '../api/index.js'
import type { APIService } from './api-service.js'
import { AutoRegistration, managedLabel } from './auto-registration.js'

const settled = () => new Promise((resolve) => setTimeout(resolve, 20))
const local = (group: string) => ({ group, version: 'v1', groupPriority: 5, versionPriority: 6 })
const service = (group: string, managed: string | undefined, more: object = {}): APIService => ({
  metadata: { name: `v1.${group}`, uid: `uid-${group}`, ...(managed && { labels: { [managedLabel]: managed } }) },
  spec: { group, version: 'v1', groupPriorityMinimum: 5, versionPriority: 6, ...more },
})

function fixture(onStart: string[], stored: APIService[]) {
  const all = new Map(stored.map((each) => [each.metadata.name!, each]))
  const writes: string[] = []
  const changed = (name: string) => registration.changed(name)
  const registration: AutoRegistration = new AutoRegistration({
    onStart: onStart.map(local),
    stored: (name) => all.get(name),
    names: () => all.keys(),
    async create(wanted) {
      const name = wanted.metadata.name!
      writes.push(`create ${name} ${wanted.metadata.labels?.[managedLabel]}`)
      all.set(name, { ...wanted, metadata: { ...wanted.metadata, uid: 'new' } })
      changed(name)
    },
    async update(name, spec) {
      writes.push(`update ${name}`)
      all.set(name, { ...all.get(name)!, spec })
      changed(name)
    },
    async delete(name, uid) {
      writes.push(`delete ${name} ${uid}`)
      if (uid === 'uid-conflict') throw new ApiError('Conflict', 'changed')
      all.delete(name)
      changed(name)
    },
    failed: (name, error) => writes.push(`failed ${name} ${String(error)}`),
  })
  return { registration, all, writes }
}

// [what is wanted, what is stored, what is written]; on start: '' is nothing
test.each<[string, 'onstart' | 'true' | '', APIService | undefined, string[]]>([
  ['2A', '', undefined, []],
  ['2B', 'onstart', undefined, ['create v1.g onstart']],
  ['2C', 'true', undefined, ['create v1.g true']],
  ['3A', '', service('g', undefined), []],
  ['3B', 'onstart', service('g', undefined, { versionPriority: 1 }), []],
  ['3C', 'true', service('g', undefined, { versionPriority: 1 }), []],
  ['5A', '', service('g', 'onstart'), ['delete v1.g uid-g']],
  ['5B', 'onstart', service('g', 'onstart', { versionPriority: 1 }), ['update v1.g']],
  ['5C', 'true', service('g', 'onstart', { versionPriority: 1 }), ['update v1.g']],
  ['6A', '', service('g', 'true'), ['delete v1.g uid-g']],
  ['6C', 'true', service('g', 'true', { versionPriority: 1 }), ['update v1.g']],
  ['6C, the same', 'true', service('g', 'true'), []],
])('upstream’s table, %s', async (_, wanted, stored, expected) => {
  const { registration, writes } = fixture(wanted === 'onstart' ? ['g'] : [], stored === undefined ? [] : [stored])
  if (wanted === 'true') registration.setContinuous([local('g')])
  void registration.start()
  await settled()
  expect(writes).toEqual(expected)
})

test('built-in ones are made once, those of custom resources for ever', async () => {
  const { registration, all, writes } = fixture(['a'], [])
  registration.setContinuous([local('b')])
  expect([...registration.pending()].map(({ metadata }) => metadata.name)).toEqual(['v1.a', 'v1.b'])
  expect(registration.missing).toEqual(['v1.a'])
  await registration.start()
  expect(registration.missing).toEqual([])
  await settled()
  writes.length = 0
  for (const name of ['v1.a', 'v1.b']) {
    all.delete(name)
    registration.changed(name)
  }
  expect([...registration.pending()].map(({ metadata }) => metadata.name)).toEqual(['v1.b'])
  await settled()
  expect(writes).toEqual(['create v1.b true'])
  registration.setContinuous([])
  await settled()
  expect(writes).toEqual(['create v1.b true', 'delete v1.b new'])
})

test('one that was put there by hand while the server runs is left alone', async () => {
  const { registration, all, writes } = fixture([], [])
  await registration.start()
  all.set('v1.g', service('g', 'onstart'))
  registration.changed('v1.g')
  await settled()
  expect(writes).toEqual([])
})

test('who changes one at the same time wins', async () => {
  const { writes, registration } = fixture([], [service('conflict', 'true')])
  await registration.start()
  await settled()
  expect(writes).toEqual(['delete v1.conflict uid-conflict'])
})
