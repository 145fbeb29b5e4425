import { RestClient, type RestTarget } from '../http/index.js'

/** Source: apiserver pkg/util/webhook, the default timeout of its clients. */
const timeoutMs = 30_000
const maxResponseBytes = 64 * 1024 * 1024

/** Posts ConversionReviews to one webhook. Errors have the words of upstream's REST client. */
export class WebhookClient {
  readonly #client: RestClient

  constructor(target: RestTarget) {
    this.#client = new RestClient(target, { maxResponseBytes })
  }

  close(): void {
    this.#client.close()
  }

  /** @throws Error whose message says what went wrong */
  call(body: Buffer): Promise<Buffer> {
    return this.#client.post(body, { timeoutMs })
  }
}
