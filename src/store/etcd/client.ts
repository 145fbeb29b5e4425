import { decode, encode, type Message, type RpcChannel, type RpcError } from '../../http/index.js'
import { type EtcdEndpoints, openChannels } from './endpoint.js'
import * as messages from './messages.js'

import { isBusy, isTransient, wasNotSent } from './rpc-error.js'

export interface EtcdClientOptions extends EtcdEndpoints {
  /** Time for a call, all its attempts together. Default: 10 seconds. */
  readonly requestTimeoutMs?: number
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number
}

/** One method of one of etcd's services. */
interface Method {
  readonly path: string
  readonly serialize: (value: object) => Buffer
  readonly deserialize: (bytes: Buffer) => object
  /** Doing it twice is as good as once. */
  readonly repeatable: boolean
}

const method = (path: string, request: Message, response: Message, repeatable: boolean): Method => ({
  path,
  serialize: (value) => encode(request, value),
  deserialize: (bytes) => decode(response, bytes),
  repeatable,
})

const methods = {
  range: method('/etcdserverpb.KV/Range', messages.rangeRequest, messages.rangeResponse, true),
  put: method('/etcdserverpb.KV/Put', messages.putRequest, messages.putResponse, false),
  txn: method('/etcdserverpb.KV/Txn', messages.txnRequest, messages.txnResponse, false),
  compact: method('/etcdserverpb.KV/Compact', messages.compactionRequest, messages.compactionResponse, true),
  grant: method('/etcdserverpb.Lease/LeaseGrant', messages.leaseGrantRequest, messages.leaseGrantResponse, false),
  status: method('/etcdserverpb.Maintenance/Status', messages.statusRequest, messages.statusResponse, true),
  watch: method('/etcdserverpb.Watch/Watch', messages.watchRequest, messages.watchResponse, true),
}

export interface WatchStream {
  write(request: messages.WatchRequest): void
  cancel(): void
}

/** Of one attempt to read, so that an endpoint that does not answer is left for the next one in time. */
const attemptMs = 3_000
const pauseMs = 100

/**
 * A client of etcd v3. All calls go to one endpoint until it fails, then to the next one. Reads are tried again within their
 * time; writes only if they have not been sent, since nobody knows what has become of one that was.
 *
 * Calls reject with RpcError, or with the reason of their signal.
 */
export class EtcdClient {
  readonly #channels: readonly RpcChannel[]
  readonly #timeoutMs: number
  #current: number
  #closed = false

  private constructor(channels: readonly RpcChannel[], options: EtcdClientOptions) {
    this.#channels = channels
    this.#timeoutMs = options.requestTimeoutMs ?? 10_000
    // Servers of one cluster spread over its members.
    this.#current = Math.floor(Math.random() * channels.length)
  }

  /** Connects with the first call. Throws Error if a URL or a file is not what it should be. */
  static open(options: EtcdClientOptions): EtcdClient {
    if (options.servers.length === 0) throw new Error('no etcd server is given')
    return new EtcdClient(openChannels(options), options)
  }

  range(request: messages.RangeRequest, options?: CallOptions): Promise<messages.RangeResponse> {
    return this.#call(methods.range, request, options)
  }

  put(request: messages.PutRequest, options?: CallOptions): Promise<{ readonly header?: messages.Header }> {
    return this.#call(methods.put, request, options)
  }

  txn(request: messages.TxnRequest, options?: CallOptions): Promise<messages.TxnResponse> {
    return this.#call(methods.txn, request, options)
  }

  compact(request: messages.CompactionRequest, options?: CallOptions): Promise<object> {
    return this.#call(methods.compact, request, options)
  }

  grant(request: messages.LeaseGrantRequest, options?: CallOptions): Promise<object> {
    return this.#call(methods.grant, request, options)
  }

  /** Of the endpoint that is in use. */
  status(options?: CallOptions): Promise<messages.StatusResponse> {
    return this.#call(methods.status, {}, options)
  }

  /** A stream to the endpoint that is in use. */
  watch(listener: { message(response: messages.WatchResponse): void; ended(): void }): {
    readonly stream: WatchStream
    /** It is not to be trusted any more. */
    failed(): void
  } {
    const at = this.#current
    const { path, serialize, deserialize } = methods.watch
    const stream = this.#channels[at]!.stream(path, {
      message: (bytes) => listener.message(deserialize(bytes) as messages.WatchResponse),
      ended: () => listener.ended(),
    })
    return {
      stream: { write: (request) => stream.write(serialize(request)), cancel: () => stream.cancel() },
      failed: () => this.#leave(at),
    }
  }

  close(): void {
    this.#closed = true
    for (const channel of this.#channels) channel.close()
  }

  async #call<T>(
    { path, serialize, deserialize, repeatable }: Method,
    request: object,
    options: CallOptions = {},
  ): Promise<T> {
    const { signal, timeoutMs = this.#timeoutMs } = options
    const deadline = Date.now() + timeoutMs
    const message = serialize(request)
    for (let attempts = 1; ; attempts++) {
      signal?.throwIfAborted()
      const at = this.#current
      const limit = repeatable ? Math.min(deadline, Date.now() + attemptMs) : deadline
      try {
        return deserialize(await this.#channels[at]!.unary(path, message, limit, signal)) as T
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        const rpc = error as RpcError
        const busy = isBusy(rpc)
        if (!busy && !isTransient(rpc)) throw error
        if (!busy) this.#leave(at)
        const again = (repeatable || wasNotSent(rpc)) && !this.#closed && Date.now() + pauseMs < deadline
        if (!again) throw error
        // Once round, then take a breath.
        if (busy || attempts % this.#channels.length === 0) await pause(pauseMs, signal)
      }
    }
  }

  #leave(endpoint: number): void {
    if (this.#current === endpoint) this.#current = (endpoint + 1) % this.#channels.length
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}
