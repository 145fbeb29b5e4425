import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Kats } from './kats.js'

export const maps = '/api/v1/namespaces/default/configmaps'
export const services = '/api/v1/namespaces/default/services'
const keysPerWriter = 3
const patienceMs = 15_000

/** What writers were told: every one of them asks the servers in turns, and goes on whatever they answer. */
export class Writers {
  readonly problems: string[] = []
  /** By the object's name, the number that was acknowledged last. */
  readonly acknowledged = new Map<string, number>()
  readonly refused = new Map<number, number>()
  writes = 0
  allocations = 0
  over = false
  /** Addresses and ports, by the Service that holds them as far as anybody has been told. */
  readonly #held = new Map<string, string>()

  constructor(readonly servers: readonly Kats[]) {}

  /** Raises the numbers of its own objects, each by one over what is there. */
  async count(id: number): Promise<void> {
    for (let turn = 0; !this.over; turn++) {
      const name = `w${id}-${turn % keysPerWriter}`
      await this.#turn(id + turn, async (server) => {
        const read = await server.call('GET', `${maps}/${name}`, undefined, patienceMs)
        const known = this.acknowledged.get(name)
        if (read.code === 404) {
          if (known !== undefined) this.problems.push(`${name}: ${known} was acknowledged, it is not there`)
          const body = { metadata: { name }, data: { number: '0' } }
          if (this.#done(await server.call('POST', maps, body, patienceMs))) this.acknowledged.set(name, 0)
          return
        }
        if (!this.#done(read)) return
        const now = Number(read.body.data.number)
        // A write whose fate nobody knew may have been made after all.
        if (now < (known ?? -1)) this.problems.push(`${name}: ${known} was acknowledged, ${now} is there`)
        read.body.data.number = String(now + 1)
        const put = await server.call('PUT', `${maps}/${name}`, read.body, patienceMs)
        if (this.#done(put)) this.acknowledged.set(name, now + 1)
      })
    }
  }

  /** Makes objects that nobody touches any more. */
  async create(id: number): Promise<void> {
    for (let turn = 0; !this.over; turn++) {
      const name = `c${id}-${turn}`
      await this.#turn(id + turn, async (server) => {
        const made = await server.call('POST', maps, { metadata: { name }, data: { number: '0' } }, patienceMs)
        if (this.#done(made)) this.acknowledged.set(name, 0)
      })
      await sleep(20)
    }
  }

  /** Makes Services with a node port and deletes them again. */
  async allocate(id: number): Promise<void> {
    for (let turn = 0; !this.over; turn++) {
      const name = `s${id}-${turn % 8}`
      await this.#turn(id + turn, async (server) => {
        const read = await server.call('GET', `${services}/${name}`, undefined, patienceMs)
        if (read.code === 200) {
          // From here on it may be gone, and what it held somebody else's.
          this.#release(name)
          this.#done(await server.call('DELETE', `${services}/${name}`, undefined, patienceMs))
        } else if (read.code === 404) {
          const body = { metadata: { name }, spec: { type: 'NodePort', ports: [{ port: 80 }] } }
          const made = await server.call('POST', services, body, patienceMs)
          if (this.#done(made)) this.#hold(made.body)
        } else this.#done(read)
      })
    }
  }

  async #turn(n: number, work: (server: Kats) => Promise<void>): Promise<void> {
    const server = this.servers[n % this.servers.length]!
    // Who waits for one that is paused would write nothing meanwhile: now and then is enough.
    const other = this.servers.find(({ paused }) => !paused) ?? server
    try {
      await work(server.paused && n % 20 !== 0 ? other : server)
    } catch {
      // The server was killed.
      await sleep(50)
    }
  }

  #done({ code }: Answer): boolean {
    if (code < 300) this.writes++
    else this.refused.set(code, (this.refused.get(code) ?? 0) + 1)
    return code < 300
  }

  #hold({ metadata: { name }, spec }: Answer['body']): void {
    this.allocations++
    for (const one of allocationsOf(spec)) {
      const other = this.#held.get(one)
      if (other !== undefined && other !== name) this.problems.push(`${one} is given to ${name} and to ${other}`)
      this.#held.set(one, name)
    }
  }

  #release(name: string): void {
    for (const [one, holder] of this.#held) if (holder === name) this.#held.delete(one)
  }
}

/** What no other Service may have. */
export const allocationsOf = (spec: Answer['body']): string[] => [
  spec.clusterIP,
  ...spec.ports.flatMap(({ nodePort }: { nodePort?: number }) => (nodePort === undefined ? [] : [`port ${nodePort}`])),
]
