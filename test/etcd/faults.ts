import { setTimeout as sleep } from 'node:timers/promises'
import type { EtcdClient } from '../../src/store/etcd/client.js'
import type { EtcdProcess } from './etcd-process.js'
import { type Kats, startKats } from './kats.js'
import { dropNoSpace, moveLeader, raiseNoSpace } from './maintenance.js'
import type { EtcdProxy } from './proxy.js'
import type { Witness } from './witness.js'

export interface Stage {
  readonly members: readonly EtcdProcess[]
  /** Between the servers and each member. */
  readonly proxies: readonly EtcdProxy[]
  readonly servers: Kats[]
  readonly witnesses: readonly Witness[]
  readonly flags: readonly string[]
  /** Asks the members themselves. */
  readonly client: EtcdClient
}

export interface Fault {
  readonly name: string
  /** Resolves when what was broken is whole again, as far as it is known. */
  run(stage: Stage): Promise<void>
}

const one = <T>(all: readonly T[]): T => all[Math.floor(Math.random() * all.length)]!

const compact = async ({ client }: Stage): Promise<void> => {
  const { header } = await client.range({ key: 'x' })
  await client.compact({ revision: header!.revision! })
}

const paused = async (process: { signal(name: NodeJS.Signals): void }, ms: number): Promise<void> => {
  process.signal('SIGSTOP')
  await sleep(ms)
  process.signal('SIGCONT')
}

/** After each of these every watcher hears everything, one by one. */
export const faults: readonly Fault[] = [
  {
    name: 'a member is killed',
    async run({ members }) {
      const member = one(members)
      await member.kill()
      await sleep(1_500)
      await member.restart()
    },
  },
  // Nobody is told that it is away. If it led, another one does.
  { name: 'a member is paused', run: ({ members }) => paused(one(members), 3_000) },
  {
    name: 'two members are killed',
    async run({ members }) {
      const spared = one(members)
      const killed = members.filter((member) => member !== spared)
      await Promise.all(killed.map((member) => member.kill()))
      await sleep(2_000)
      await Promise.all(killed.map((member) => member.restart()))
    },
  },
  // As on a disk that is too slow: it goes on, and stands still, and goes on.
  {
    name: 'a member stutters',
    async run({ members }) {
      const member = one(members)
      for (let i = 0; i < 12; i++) {
        await paused(member, 150)
        await sleep(50)
      }
    },
  },
  // A server that comes back knows nothing of what it was.
  {
    name: 'a server is killed',
    async run({ servers, flags }) {
      const i = Math.floor(Math.random() * servers.length)
      await servers[i]!.stop()
      servers[i] = await startKats(flags)
    },
  },
  { name: 'a server is paused', run: ({ servers }) => paused(one(servers), 3_000) },
  {
    name: 'connections to etcd are cut',
    async run({ proxies }) {
      for (const proxy of proxies) {
        proxy.cut()
        await sleep(50)
      }
    },
  },
  { name: 'the network to a member is silent', run: ({ proxies }) => one(proxies).silence(3_000) },
  { name: 'the network to a member is slow', run: ({ proxies }) => one(proxies).slow(100, 2_000) },
  {
    name: 'watches are cut',
    async run({ witnesses }) {
      for (const witness of witnesses) {
        witness.cut()
        await sleep(30)
      }
    },
  },
  {
    name: 'the leader is moved',
    async run({ members }) {
      // Who has just come back may not be able to lead yet.
      await moveLeader(members.map(({ url }) => url)).catch(() => undefined)
    },
  },
  {
    name: 'etcd is full',
    async run({ members }) {
      const { url } = one(members)
      await raiseNoSpace(url)
      await sleep(1_000)
      await dropNoSpace(url)
    },
  },
]

/** After these a server may have to list again, and tell the difference as one change. */
export const forgettingFaults: readonly Fault[] = [
  { name: 'etcd is compacted', run: compact },
  {
    name: 'a server sleeps while etcd is compacted',
    async run(stage) {
      const server = one(stage.servers)
      server.signal('SIGSTOP')
      try {
        // What etcd has sent it would be there when it wakes up.
        for (const proxy of stage.proxies) proxy.cut()
        await sleep(2_000)
        await compact(stage)
      } finally {
        server.signal('SIGCONT')
      }
    },
  },
  {
    name: 'etcd is compacted while nobody hears of it',
    async run(stage) {
      const silent = Promise.all(stage.proxies.map((proxy) => proxy.silence(2_500)))
      await sleep(1_000)
      await compact(stage)
      await silent
      for (const proxy of stage.proxies) proxy.cut()
    },
  },
]
