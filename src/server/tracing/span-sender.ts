import type { Client } from '@grpc/grpc-js'
import { encodeSpans } from './encode-spans.js'
import type { FinishedSpan } from './span-recorder.js'

export interface SpanSenderOptions {
  /** As gRPC names places. */
  readonly endpoint: string
  readonly resource: Readonly<Record<string, string>>
  /** Spans were lost, and why. */
  readonly failed: (error: Error, spans: number) => void
}

/** As many wait to be sent; more are dropped. Source of all: OpenTelemetry's batch span processor. */
const mostWaiting = 2048
const mostAtOnce = 512
const waitMs = 5_000
const sendMs = 10_000

/** Sends spans in batches, by OTLP over gRPC. Who cannot be reached makes nobody wait. */
export class SpanSender {
  readonly #options: SpanSenderOptions
  #waiting: FinishedSpan[] = []
  #client: Promise<Client> | undefined
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #dropped = 0

  constructor(options: SpanSenderOptions) {
    this.#options = options
  }

  add(span: FinishedSpan): void {
    if (this.#waiting.length >= mostWaiting) {
      this.#dropped++
      return
    }
    this.#waiting.push(span)
    if (this.#waiting.length >= mostAtOnce) void this.flush()
    else this.#timer ??= setTimeout(() => void this.flush(), waitMs).unref()
  }

  /** Sends what is there; resolves when that is done, or has failed. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
    })
    await this.#sending
  }

  async close(): Promise<void> {
    await this.flush()
    const client = await this.#client?.catch(() => undefined)
    client?.close()
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, mostAtOnce)
      const lost = this.#dropped
      this.#dropped = 0
      if (lost > 0) this.#options.failed(new Error('too many spans are waiting to be sent'), lost)
      try {
        await this.#send(encodeSpans(batch, this.#options.resource))
      } catch (error) {
        this.#options.failed(error as Error, batch.length)
      }
    }
  }

  async #send(body: Buffer): Promise<void> {
    this.#client ??= this.#open()
    const client = await this.#client
    await new Promise<void>((resolve, reject) => {
      client.makeUnaryRequest<Buffer, Buffer>(
        '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        (bytes) => bytes,
        (bytes) => bytes,
        body,
        { deadline: Date.now() + sendMs },
        (error) => (error === null ? resolve() : reject(new Error(error.details || error.message))),
      )
    })
  }

  async #open(): Promise<Client> {
    const { Client, credentials } = await import('@grpc/grpc-js')
    return new Client(this.#options.endpoint, credentials.createInsecure())
  }
}
