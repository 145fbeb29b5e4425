import type { KubeObject } from '../api/index.js'
import type { UserInfo } from '../http/index.js'
import type { GroupVersionKind } from '../registry/index.js'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

/** What is about to happen, as plugins see it. Source: apiserver pkg/admission/interfaces.go, Attributes. */
export interface AdmissionAttributes {
  readonly operation: Operation
  /** Kind and resource as the request names them. */
  readonly kind: GroupVersionKind
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string }
  readonly subresource: string
  /** Empty for cluster-scoped resources; for a namespace itself, its name. */
  readonly namespace: string
  /** Empty on create while the server still has to make the name, and on deletecollection. */
  readonly name: string
  /** In the storage version. Mutating plugins change it in place. Undefined on delete. */
  readonly object: KubeObject | undefined
  /** Undefined on create. */
  readonly oldObject: KubeObject | undefined
  /** metav1.CreateOptions, UpdateOptions, DeleteOptions ... as sent. */
  readonly options: Readonly<Record<string, unknown>>
  readonly dryRun: boolean
  readonly user: UserInfo | undefined
  warn(text: string): void
  /** An annotation for the audit log; the first value of a key stays. */
  annotate?(key: string, value: string): void
}

/**
 * One admission plugin. `admit` may change the object and refuse, `validate` may only refuse; both refuse by throwing an
 * ApiError, and return a promise only where they wait for something.
 */
export interface AdmissionPlugin {
  readonly name: string
  handles(operation: Operation): boolean
  admit?(attributes: AdmissionAttributes): Promise<void> | void
  validate?(attributes: AdmissionAttributes): Promise<void> | void
}

/** All enabled plugins in upstream's order. */
export class AdmissionChain {
  readonly #mutating: Readonly<Record<Operation, readonly AdmissionPlugin[]>>
  readonly #validating: Readonly<Record<Operation, readonly AdmissionPlugin[]>>

  constructor(readonly plugins: readonly AdmissionPlugin[]) {
    this.#mutating = byOperation(plugins.filter((plugin) => plugin.admit !== undefined))
    this.#validating = byOperation(plugins.filter((plugin) => plugin.validate !== undefined))
  }

  async admit(attributes: AdmissionAttributes): Promise<void> {
    for (const plugin of this.#mutating[attributes.operation]) {
      const waiting = plugin.admit!(attributes)
      if (waiting !== undefined) await waiting
    }
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    for (const plugin of this.#validating[attributes.operation]) {
      const waiting = plugin.validate!(attributes)
      if (waiting !== undefined) await waiting
    }
  }
}

function byOperation(plugins: readonly AdmissionPlugin[]): Record<Operation, readonly AdmissionPlugin[]> {
  const of = (operation: Operation) => plugins.filter((plugin) => plugin.handles(operation))
  return { CREATE: of('CREATE'), UPDATE: of('UPDATE'), DELETE: of('DELETE'), CONNECT: of('CONNECT') }
}
