import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'

/** What all exchanges of one connection share. */
export class Connection {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  #open = 0
  #idleSince = Date.now()
  readonly #socket: TLSSocket
  #certificates: readonly Buffer[] | undefined

  constructor(socket: TLSSocket) {
    this.#socket = socket
    this.remoteAddress = socket.remoteAddress ?? ''
    this.remotePort = socket.remotePort ?? 0
    this.localAddress = socket.localAddress ?? ''
    this.localPort = socket.localPort ?? 0
  }

  /** Exchanges that have begun and whose stream or response is not closed yet. */
  get open(): number {
    return this.#open
  }

  exchangeBegan(): void {
    this.#open++
  }

  exchangeClosed(): void {
    if (--this.#open === 0) this.#idleSince = Date.now()
  }

  /** Without an exchange for so long. `now` is of Date.now(). */
  isIdle(now: number, forMs: number): boolean {
    return this.#open === 0 && now - this.#idleSince >= forMs
  }

  get clientCertificates(): readonly Buffer[] {
    this.#certificates ??= peerChain(this.#socket)
    return this.#certificates
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

const none: readonly Buffer[] = Object.freeze([])
/** Longer chains are not honest ones. */
const maxChain = 16

function peerChain(socket: TLSSocket): readonly Buffer[] {
  const leaf = socket.getPeerCertificate(true) as DetailedPeerCertificate | null
  if (leaf?.raw === undefined) return none
  const chain = [leaf.raw]
  // a self-signed certificate is its own issuer
  for (let next = leaf.issuerCertificate; next?.raw !== undefined; next = next.issuerCertificate) {
    if (chain.length === maxChain || chain.some((one) => one.equals(next.raw))) break
    chain.push(next.raw)
  }
  return chain
}
