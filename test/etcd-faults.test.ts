import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EtcdClient } from '../src/store/etcd/client.js'
import { EtcdProcess, etcdVersion } from './etcd/etcd-process.js'
import { type Kats, startKats } from './etcd/kats.js'

/** Members and servers are killed, paused and compacted under writers and watchers. KATS_FAULT_MINUTES: for longer. */
const seconds = process.env.KATS_FAULT_MINUTES === undefined ? 30 : Number(process.env.KATS_FAULT_MINUTES) * 60
const maps = '/api/v1/namespaces/default/configmaps'
const keysPerWriter = 3

/** What a writer knows of one of its objects: every write raises its number by one. */
interface Known {
  readonly name: string
  /** The last number that was acknowledged. */
  acknowledged: number
}

/** What one watcher has been told, and what was wrong with it. */
class Witness {
  readonly problems: string[] = []
  events = 0
  lists = 0
  #numbers = new Map<string, { number: number; revision: number }>()
  #revision = 0
  #stopped = false
  #stop: () => void = () => {}

  constructor(
    readonly name: string,
    readonly server: () => Kats,
  ) {}

  async run(): Promise<void> {
    while (!this.#stopped) {
      try {
        if (this.#revision === 0) await this.#list()
        await this.#watch()
      } catch {
        // The server is away.
      }
      await sleep(100)
    }
  }

  /** Whether it has been told of this number, or of a later one. */
  knows(name: string, number: number): boolean {
    return (this.#numbers.get(name)?.number ?? -1) >= number
  }

  end(): void {
    this.#stopped = true
    this.#stop()
  }

  async #list(): Promise<void> {
    const list = await this.server().ok('GET', maps)
    this.lists++
    this.#revision = Number(list.metadata.resourceVersion)
    for (const { metadata, data } of list.items) {
      const number = Number(data?.number ?? -1)
      const known = this.#numbers.get(metadata.name)
      if (known !== undefined && number < known.number)
        this.problems.push(`${metadata.name}: a list goes back to ${number} from ${known.number}`)
      this.#numbers.set(metadata.name, { number, revision: Number(metadata.resourceVersion) })
    }
  }

  #watch(): Promise<void> {
    return new Promise((resolve) => {
      const path = `${maps}?watch=true&resourceVersion=${this.#revision}&allowWatchBookmarks=true`
      this.#stop = this.server().watch(path, ({ type, object }) => this.#take(type, object), resolve)
      if (this.#stopped) {
        this.#stop()
        resolve()
      }
    })
  }

  #take(
    type: string,
    object: { code?: number; metadata: { name: string; resourceVersion: string }; data?: { number?: string } },
  ): void {
    if (type === 'ERROR') {
      // Too old: everything is listed again.
      if (object.code === 410) this.#revision = 0
      this.#stop()
      return
    }
    const revision = Number(object.metadata.resourceVersion)
    if (revision < this.#revision) this.problems.push(`time goes back to ${revision} from ${this.#revision}`)
    this.#revision = Math.max(revision, this.#revision)
    if (type === 'BOOKMARK') return
    this.events++
    const { name } = object.metadata
    const number = Number(object.data?.number ?? -1)
    const known = this.#numbers.get(name)
    if (known !== undefined && revision <= known.revision)
      this.problems.push(`${name}: revision ${revision} is told twice`)
    // A relisting server may tell the difference alone: several writes as one. A gap without one is a loss.
    if (known !== undefined && number <= known.number)
      this.problems.push(`${name}: goes back to ${number} from ${known.number}`)
    if (known !== undefined && number > known.number + 1)
      this.gaps.push(`${name}: ${known.number} is followed by ${number}`)
    this.#numbers.set(name, { number, revision })
  }
  readonly gaps: string[] = []
}

describe.skipIf(etcdVersion() === undefined)('under faults', () => {
  let members: EtcdProcess[]
  let servers: Kats[]
  let client: EtcdClient
  let flags: string[]
  beforeAll(async () => {
    members = await EtcdProcess.cluster(3)
    const urls = members.map(({ url }) => url)
    flags = ['--etcd-servers', urls.join(','), '--etcd-compaction-interval=0']
    client = EtcdClient.open({ servers: urls })
    servers = [await startKats(flags), await startKats(flags)]
  })
  afterAll(async () => {
    client?.close()
    await Promise.all(servers?.map((server) => server.stop()) ?? [])
    await Promise.all(members?.map((member) => member.close()) ?? [])
  })

  test(
    'nothing acknowledged is lost, no watcher misses or repeats anything',
    async () => {
      let over = false
      const refused = new Map<number, number>()
      const known: Known[] = []
      let compactions = 0

      /** Raises the numbers of its own objects, through whatever server there is. */
      const writer = async (id: number): Promise<void> => {
        const mine = Array.from({ length: keysPerWriter }, (_, i): Known => ({ name: `w${id}-${i}`, acknowledged: -1 }))
        known.push(...mine)
        for (let turn = 0; !over; turn++) {
          const object = mine[turn % mine.length]!
          const server = servers[(id + turn) % servers.length]!
          try {
            const read = await server.call('GET', `${maps}/${object.name}`, undefined, 15_000)
            if (read.code === 404) {
              expect(object.acknowledged).toBe(-1)
              const body = { metadata: { name: object.name }, data: { number: '0' } }
              const made = await server.call('POST', maps, body, 15_000)
              if (made.code === 201) object.acknowledged = 0
              else refused.set(made.code, (refused.get(made.code) ?? 0) + 1)
              continue
            }
            if (read.code !== 200) {
              refused.set(read.code, (refused.get(read.code) ?? 0) + 1)
              continue
            }
            const now = Number(read.body.data.number)
            // A write whose fate nobody knew may have been made after all.
            if (now < object.acknowledged)
              throw new Error(`${object.name}: ${object.acknowledged} was acknowledged, ${now} is there`)
            read.body.data.number = String(now + 1)
            const put = await server.call('PUT', `${maps}/${object.name}`, read.body, 15_000)
            if (put.code === 200) object.acknowledged = now + 1
            else refused.set(put.code, (refused.get(put.code) ?? 0) + 1)
          } catch (error) {
            if (/acknowledged/.test((error as Error).message)) throw error
            // The server was killed.
            await sleep(50)
          }
        }
      }

      const witnesses = servers.map((_, i) => new Witness(`watcher ${i}`, () => servers[i]!))
      const watching = witnesses.map((witness) => witness.run())
      await sleep(300)
      const writing = Array.from({ length: 4 }, (_, id) => writer(id))

      const member = (): EtcdProcess => members[Math.floor(Math.random() * members.length)]!
      const plain: (() => Promise<void>)[] = [
        // Killed and back.
        async () => {
          const one = member()
          await one.kill()
          await sleep(1_500)
          await one.restart()
        },
        // Paused: nobody is told that it is away. If it led, another one does.
        async () => {
          const one = member()
          one.signal('SIGSTOP')
          await sleep(3_000)
          one.signal('SIGCONT')
        },
        // A server that comes back knows nothing of what it was.
        async () => {
          const i = Math.floor(Math.random() * servers.length)
          await servers[i]!.stop()
          servers[i] = await startKats(flags)
        },
      ]
      const withCompaction: (() => Promise<void>)[] = [
        async () => {
          const { header } = await client.range({ key: 'x' })
          await client.compact({ revision: header!.revision! })
          compactions++
        },
        // A server that sleeps while etcd is compacted has to list again.
        async () => {
          const one = servers[Math.floor(Math.random() * servers.length)]!
          one.signal('SIGSTOP')
          await sleep(1_500)
          const { header } = await client.range({ key: 'x' })
          await client.compact({ revision: header!.revision! })
          compactions++
          one.signal('SIGCONT')
        },
      ]
      const inTurns = async (faults: readonly (() => Promise<void>)[], forMs: number): Promise<void> => {
        const deadline = Date.now() + forMs
        for (let turn = 0; Date.now() < deadline; turn++) {
          await faults[turn % faults.length]!()
          await sleep(700)
        }
      }
      await inTurns(plain, seconds * 500)
      // Only a server that has to list again, since etcd has forgotten what it missed, may tell several writes as one.
      const gaps = witnesses.flatMap((witness) => witness.gaps)
      await inTurns([...plain, ...withCompaction].reverse(), seconds * 500)
      over = true
      await Promise.all(writing)

      // What is there is what was acknowledged, or later, for every server; and every watcher has heard of it.
      for (const server of servers) {
        const { items } = await server.ok('GET', maps)
        const numbers = new Map<string, number>(
          items.map(({ metadata, data }: { metadata: { name: string }; data?: { number: string } }) => [
            metadata.name,
            Number(data?.number),
          ]),
        )
        for (const { name, acknowledged } of known)
          if (acknowledged >= 0) expect(numbers.get(name)).toBeGreaterThanOrEqual(acknowledged)
      }
      const until = Date.now() + 15_000
      const late = (): string[] =>
        witnesses.flatMap((witness) =>
          known
            .filter(({ name, acknowledged }) => acknowledged >= 0 && !witness.knows(name, acknowledged))
            .map(({ name }) => name),
        )
      while (late().length > 0 && Date.now() < until) await sleep(50)
      expect(late()).toEqual([])
      for (const witness of witnesses) witness.end()
      await Promise.all(watching)

      const writes = known.reduce((sum, { acknowledged }) => sum + acknowledged + 1, 0)
      const told = witnesses.map(({ events, lists, gaps }) => `${events} events, ${lists} lists, ${gaps.length} jumps`)
      console.log(
        `${writes} writes acknowledged, refused ${JSON.stringify([...refused])}, ${compactions} compactions; ${told.join('; ')}`,
      )
      expect(writes).toBeGreaterThan(seconds * 2)
      expect(gaps).toEqual([])
      for (const witness of witnesses) {
        expect(witness.problems).toEqual([])
        expect(witness.events).toBeGreaterThan(50)
      }
    },
    seconds * 1000 + 90_000,
  )
})
