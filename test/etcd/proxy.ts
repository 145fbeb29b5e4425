import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A network between servers and one member of etcd, which can be cut, silent or slow. */
export class EtcdProxy {
  readonly #server: Server
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  #silent = false
  #delayMs = 0
  #lastDelayMs = 0
  readonly #late = new WeakMap<Socket, number>()

  private constructor(server: Server) {
    this.#server = server
  }

  static async to(url: string): Promise<EtcdProxy> {
    const { hostname, port } = new URL(url)
    const server = createServer({ noDelay: true })
    const proxy = new EtcdProxy(server)
    server.on('connection', (near) => {
      const far = connect({ host: hostname, port: Number(port), noDelay: true })
      const pair = [near, far] as const
      proxy.#pairs.add(pair)
      for (const [from, to] of [pair, [far, near]] as const) {
        from.on('data', (bytes) => void proxy.#pass(bytes, to))
        from.on('error', () => undefined)
        from.on('close', () => {
          proxy.#pairs.delete(pair)
          to.destroy()
        })
        if (proxy.#silent) from.pause()
      }
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`
  }

  /** All connections at once, in the middle of whatever they are at. */
  cut(): void {
    for (const [near, far] of this.#pairs) {
      near.destroy()
      far.destroy()
    }
  }

  /** Nothing passes, and nobody is told. */
  async silence(ms: number): Promise<void> {
    this.#hold(true)
    await sleep(ms)
    this.#hold(false)
  }

  async slow(delayMs: number, ms: number): Promise<void> {
    this.#delayMs = delayMs
    await sleep(ms)
    this.#delayMs = 0
  }

  close(): void {
    this.#server.close()
    this.cut()
  }

  #hold(silent: boolean): void {
    this.#silent = silent
    for (const socket of [...this.#pairs].flat()) {
      if (silent) socket.pause()
      else socket.resume()
    }
  }

  #pass(bytes: Buffer, to: Socket): void {
    const late = this.#late.get(to) ?? 0
    if (this.#delayMs > 0) this.#lastDelayMs = this.#delayMs
    else if (late === 0) {
      to.write(bytes)
      return
    }
    // Behind what is late already: timers of one length end in their order.
    this.#late.set(to, late + 1)
    setTimeout(() => {
      this.#late.set(to, (this.#late.get(to) ?? 1) - 1)
      if (!to.destroyed) to.write(bytes)
    }, this.#lastDelayMs)
  }
}
