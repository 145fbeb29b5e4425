import { Agent, type AgentOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import type { Dialer } from './dialer.js'

type Connected = (error: Error | null, socket: Duplex) => void

/** Keeps connections by TLS that are made by another way than straight there. */
export class DialingAgent extends Agent {
  readonly #dial: Dialer

  constructor(dial: Dialer, options: AgentOptions) {
    super(options)
    this.#dial = dial
  }

  override createConnection(options: object, connected?: Connected): undefined {
    const connect = super.createConnection.bind(this) as (options: object) => Duplex
    const { host, port } = options as { host: string; port: number | string }
    this.#dial(host, Number(port)).then(
      (socket) => connected?.(null, connect({ ...options, socket })),
      (error: Error) => connected?.(error, undefined as unknown as Duplex),
    )
  }
}
