import { copyJson, equalJson, type KubeObject } from '../api/index.js'

/**
 * Which of a plugin's webhooks or policies have to be asked a second time: those who want that and who came before a change
 * that they have not seen. Upstream: webhookReinvokeContext, policyReinvokeContext.
 */
export class Rounds {
  #lastOutput: KubeObject | undefined
  readonly #invoked = new Set<string>()
  readonly #again = new Set<string>()

  isDue(uid: string): boolean {
    return this.#again.has(uid)
  }

  /** One that would be asked again has been asked. */
  invoked(uid: string): void {
    this.#invoked.add(uid)
  }

  /** Somebody has changed the object. */
  changed(): void {
    for (const uid of this.#invoked) this.#again.add(uid)
    this.#invoked.clear()
  }

  begins(object: KubeObject | undefined): void {
    if (this.#lastOutput !== undefined && !equalJson(this.#lastOutput, object)) this.changed()
  }

  ends(object: KubeObject | undefined): void {
    this.#lastOutput = object === undefined || this.#invoked.size === 0 ? undefined : copyJson(object)
  }
}
