import type { AccessAttributes } from '../../api/index.js'
import { AuthorizationChecks, type CheckDecision, type Opaque } from '../../cel/index.js'
import type { UserInfo } from '../../http/index.js'
import type { AdmissionAttributes } from '../admission.js'

/** What the server's authorizers say of a question that an expression asks. */
export type Decide = (question: AccessAttributes<UserInfo>) => Promise<CheckDecision> | CheckDecision

const nobody: UserInfo = { name: '', groups: [] }

/** The questions of all expressions that one plugin evaluates for one request: each is asked once. */
export class RequestChecks {
  readonly #decide: Decide
  readonly #attributes: AdmissionAttributes
  #checks: AuthorizationChecks<UserInfo> | undefined

  constructor(decide: Decide, attributes: AdmissionAttributes) {
    this.#decide = decide
    this.#attributes = attributes
  }

  readonly authorizer = (): Opaque => this.#made().authorizer(this.#attributes.user ?? nobody)

  readonly requestResource = (): Opaque => {
    const { user, resource, subresource, namespace, name } = this.#attributes
    const { group, resource: plural } = resource
    return this.#made().requestResource(user ?? nobody, {
      apiGroup: group,
      resource: plural,
      subresource,
      namespace,
      name,
    })
  }

  /** What an evaluation gives, once all the answers that it asks for are there. */
  answered<T>(evaluate: () => T): T | Promise<T> {
    const result = evaluate()
    return this.#checks?.pending === true ? this.#again(evaluate) : result
  }

  async #again<T>(evaluate: () => T): Promise<T> {
    for (;;) {
      await this.#checks?.settle()
      const result = evaluate()
      if (this.#checks?.pending !== true) return result
    }
  }

  #made(): AuthorizationChecks<UserInfo> {
    this.#checks ??= new AuthorizationChecks(this.#decide, (user): UserInfo => user)
    return this.#checks
  }
}
