import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EtcdClient } from '../src/store/etcd/client.js'
import { EtcdProcess, etcdVersion } from './etcd/etcd-process.js'
import { type Fault, faults, forgettingFaults, type Stage } from './etcd/faults.js'
import { startKats } from './etcd/kats.js'
import { EtcdProxy } from './etcd/proxy.js'
import { Witness } from './etcd/witness.js'
import { allocationsOf, maps, services, Writers } from './etcd/writers.js'

/** Three members and three servers, and everything that may happen to them. KATS_FAULT_MINUTES: for how long. */
const seconds = Number(process.env.KATS_FAULT_MINUTES ?? 1) * 60
/** From here on faults come two at a time now and then. */
const long = seconds > 120

describe.skipIf(etcdVersion() === undefined)('under faults', () => {
  let stage: Stage
  beforeAll(async () => {
    const members = await EtcdProcess.cluster(3)
    const proxies = await Promise.all(members.map(({ url }) => EtcdProxy.to(url)))
    const flags = ['--etcd-servers', proxies.map(({ url }) => url).join(','), '--etcd-compaction-interval=0']
    const servers = [await startKats(flags), await startKats(flags), await startKats(flags)]
    const witnesses = servers.flatMap((_, i) => [
      new Witness(`watcher of objects ${i}`, maps, () => servers[i]!),
      new Witness(`watcher of services ${i}`, services, () => servers[i]!),
    ])
    const client = EtcdClient.open({ servers: members.map(({ url }) => url) })
    stage = { members, proxies, servers, witnesses, flags, client }
  })
  afterAll(async () => {
    if (stage === undefined) return
    const { client, servers, proxies, members } = stage
    client.close()
    await Promise.all(servers.map((server) => server.stop()))
    for (const proxy of proxies) proxy.close()
    await Promise.all(members.map((member) => member.close()))
  })

  test(
    'nothing acknowledged is lost, no watcher misses or repeats anything, nothing is given out twice',
    async () => {
      const { servers, witnesses } = stage
      const writers = new Writers(servers)
      const happened = new Map<string, number>()
      const watching = witnesses.map((witness) => witness.run())
      await sleep(300)
      const writing = [
        ...[0, 1, 2, 3].map((id) => writers.count(id)),
        ...[0, 1, 2].map((id) => writers.allocate(id)),
        writers.create(0),
      ]
      const happen = async ({ name, run }: Fault): Promise<void> => {
        happened.set(name, (happened.get(name) ?? 0) + 1)
        // A fault that cannot be, since etcd is away, is one less.
        await run(stage).catch(() => undefined)
      }
      const inTurns = async (all: readonly Fault[], forMs: number): Promise<void> => {
        const deadline = Date.now() + forMs
        for (let turn = 0; Date.now() < deadline; turn++) {
          const both = long && turn % 3 === 2
          await Promise.all([
            happen(all[turn % all.length]!),
            both ? happen(all[(turn * 5 + 7) % all.length]!) : undefined,
          ])
          await sleep(700)
        }
      }
      // All of the first kind at least once, however short the time is.
      await inTurns(faults, seconds * 600)
      const gaps = witnesses.flatMap((witness) => witness.gaps)
      await inTurns([...forgettingFaults, ...faults.toReversed()], seconds * 400)
      writers.over = true
      await Promise.all(writing)

      // What is there is what was acknowledged, or later, for every server.
      const missing: string[] = []
      for (const server of servers) {
        const { items } = await server.ok('GET', maps)
        const numbers = new Map<string, number>()
        for (const { metadata, data } of items) numbers.set(metadata.name, Number(data?.number))
        for (const [name, number] of writers.acknowledged)
          if (!((numbers.get(name) ?? -1) >= number)) missing.push(`${name} ${number}`)
        const given = (await server.ok('GET', services)).items.flatMap(
          ({ spec }: { spec: Parameters<typeof allocationsOf>[0] }) => allocationsOf(spec),
        )
        expect(new Set(given).size).toBe(given.length)
      }
      expect(missing).toEqual([])
      // Every watcher has heard of it.
      const counting = witnesses.filter(({ path }) => path === maps)
      const until = Date.now() + 15_000
      const late = (): string[] =>
        counting.flatMap((witness) =>
          [...writers.acknowledged].filter(([name, n]) => !witness.knows(name, n)).map(([name]) => name),
        )
      while (late().length > 0 && Date.now() < until) await sleep(50)
      expect(late()).toEqual([])
      for (const witness of witnesses) witness.end()
      await Promise.all(watching)

      const told = (count: (witness: Witness) => number): number =>
        witnesses.reduce((sum, witness) => sum + count(witness), 0)
      console.log(
        [
          `${seconds} s: ${writers.writes} requests answered, ${writers.acknowledged.size} objects, ` +
            `${writers.allocations} allocations, refused ${JSON.stringify([...writers.refused])}`,
          `${told(({ events }) => events)} events to ${witnesses.length} watchers, ${told(({ lists }) => lists)} lists, ` +
            `${told((witness) => witness.gaps.length)} changes told as one after a compaction`,
          ...[...happened].map(([name, times]) => `${times} x ${name}`),
        ].join('\n'),
      )
      expect(writers.problems).toEqual([])
      expect(gaps).toEqual([])
      expect(witnesses.flatMap(({ problems }) => problems)).toEqual([])
      expect(writers.writes).toBeGreaterThan(seconds * 5)
      expect(writers.allocations).toBeGreaterThan(seconds / 2)
      for (const { events, name } of witnesses) expect(events, name).toBeGreaterThan(seconds / 2)
    },
    seconds * 1_000 + 120_000,
  )
})
