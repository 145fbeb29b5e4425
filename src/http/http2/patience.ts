import { failure, ProtocolError } from './frames.js'

/** nghttp2's figures: what an honest client never reaches, whose watches end all at once. */
const most = 1_000
const perSecond = 33

/** How much one client may do that costs the server more than the client: what it takes back, what is refused, what says nothing. */
export class Patience {
  #left = most
  #since = performance.now()

  /** Throws ProtocolError once there is none left. */
  spend(): void {
    if (this.#left === most) this.#since = performance.now()
    if (this.#left === 0) {
      const seconds = (performance.now() - this.#since) / 1000
      this.#left = Math.min(most, Math.floor(seconds * perSecond))
      this.#since = performance.now()
      if (this.#left === 0) throw new ProtocolError(failure.calm, 'too much for nothing')
    }
    this.#left--
  }
}
