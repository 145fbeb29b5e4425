import type { RegistryEnvironment } from '../../registry/index.js'
import type { Loopback } from '../loopback.js'
import { EndpointLeases } from './endpoint-leases.js'
import { IdentityLease } from './identity-lease.js'

/** This server among those that share its store. */
export class Membership {
  readonly #leases: EndpointLeases
  readonly #identity: IdentityLease
  readonly #address: string
  #left = false

  /** @param address where this server is reached, by the endpoints of the kubernetes Service */
  constructor(loopback: Loopback, environment: RegistryEnvironment, address: string) {
    this.#leases = new EndpointLeases(environment)
    this.#identity = new IdentityLease(loopback, environment.now)
    this.#address = address
  }

  /** Whether this server has said that it is going. */
  get hasLeft(): boolean {
    return this.#left
  }

  /** Says that this server is there. @returns the addresses of all that are */
  async addresses(): Promise<readonly string[]> {
    return this.#left ? [] : this.#leases.renew(this.#address)
  }

  /** @param port of this server */
  async renewIdentity(port: number): Promise<void> {
    const address = this.#address.includes(':') ? `[${this.#address}]` : this.#address
    if (!this.#left) await this.#identity.renew(`${address}:${port}`)
  }

  collectIdentities(): Promise<void> {
    return this.#identity.collect()
  }

  /** Says that this server is going. @returns the addresses of those that stay */
  leave(): Promise<readonly string[]> {
    this.#left = true
    return this.#leases.remove(this.#address)
  }
}
