import type { KubeObject } from '../api/index.js'
import type { UserInfo } from '../http/index.js'
import type { GroupVersionKind } from '../registry/index.js'
import type { ObjectViews } from './object-views.js'

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
  /** The name in the request's path: none where something is created, unless by an update or an apply. */
  readonly pathName?: string
  /** In the storage version. Mutating plugins change it in place. Undefined on delete. */
  readonly object: KubeObject | undefined
  /** Undefined on create. */
  readonly oldObject: KubeObject | undefined
  /** What was sent of metav1.CreateOptions, UpdateOptions or DeleteOptions, without its type. */
  readonly options: Readonly<Record<string, unknown>>
  readonly dryRun: boolean
  readonly user: UserInfo | undefined
  /** The objects in other versions than storage's. Absent: they are shown as they are. */
  readonly views?: ObjectViews
  /** How long the request may still take. Absent: as long as it likes. */
  readonly time?: RequestTime
  warn(text: string): void
  /**
   * An annotation for the audit log; the first value of a key stays.
   * @param level from which on it is told. Default: Metadata
   */
  annotate?(key: string, value: string, level?: 'Request'): void
}

export interface RequestTime {
  /** Aborts when the client goes away or the time is up. */
  readonly signal: AbortSignal
  /** When that is, wall clock in milliseconds. */
  readonly deadline: number
  /** Webhooks add the milliseconds that they take: they are not the server's own. */
  webhookMs: number
}

/**
 * What plugins know of each other in one pass of mutating admission. All plugins are asked a second time, once, if one of them
 * wants it: it has changed what others had seen. Upstream: admission.ReinvocationContext.
 */
export class Reinvocation {
  isReinvoke = false
  shouldReinvoke = false
  #values: Map<string, unknown> | undefined

  /** What a plugin wants to find again in the second pass; made on first use. */
  of<T>(plugin: string, make: () => T): T {
    this.#values ??= new Map()
    const known = this.#values.get(plugin)
    if (known !== undefined) return known as T
    const made = make()
    this.#values.set(plugin, made)
    return made
  }
}

/**
 * One admission plugin. `admit` may change the object and refuse, `validate` may only refuse; both refuse by throwing an
 * ApiError, and return a promise only where they wait for something.
 */
export interface AdmissionPlugin {
  readonly name: string
  handles(operation: Operation): boolean
  admit?(attributes: AdmissionAttributes, reinvocation?: Reinvocation): Promise<void> | void
  validate?(attributes: AdmissionAttributes): Promise<void> | void
  /** Lets go of connections. */
  close?(): void
}

export type Step = 'admit' | 'validate'
/** Told how long something took, in seconds, and whether it ended in a refusal. */
export type Observe = (seconds: number, rejected: boolean) => void

/** Measures admission. Asked once for every plugin and step of a chain. Upstream: apiserver pkg/admission/metrics. */
export interface AdmissionObserver {
  plugin(name: string, step: Step, operation: Operation): Observe
  step(step: Step, operation: Operation): Observe
}

/** All enabled plugins in upstream's order. */
export class AdmissionChain {
  readonly #mutating: Readonly<Record<Operation, Compiled>>
  readonly #validating: Readonly<Record<Operation, Compiled>>

  constructor(
    readonly plugins: readonly AdmissionPlugin[],
    observer: AdmissionObserver = unobserved,
  ) {
    this.#mutating = compile(plugins, 'admit', observer)
    this.#validating = compile(plugins, 'validate', observer)
  }

  async admit(attributes: AdmissionAttributes): Promise<void> {
    const reinvocation = new Reinvocation()
    const compiled = this.#mutating[attributes.operation]
    await run(compiled, attributes, reinvocation)
    if (!reinvocation.shouldReinvoke) return
    reinvocation.isReinvoke = true
    await run(compiled, attributes, reinvocation)
  }

  close(): void {
    for (const plugin of this.plugins) plugin.close?.()
  }

  validate(attributes: AdmissionAttributes): Promise<void> {
    return run(this.#validating[attributes.operation], attributes)
  }
}

const unobserved: AdmissionObserver = { plugin: () => () => {}, step: () => () => {} }

/** One step for one operation. */
interface Compiled {
  readonly calls: readonly {
    call(attributes: AdmissionAttributes, reinvocation: Reinvocation | undefined): Promise<void> | void
    readonly observe: Observe
  }[]
  readonly observe: Observe
}

function compile(
  plugins: readonly AdmissionPlugin[],
  step: Step,
  observer: AdmissionObserver,
): Record<Operation, Compiled> {
  const of = (operation: Operation): Compiled => ({
    calls: plugins
      .filter((plugin) => plugin[step] !== undefined && plugin.handles(operation))
      .map((plugin) => ({ call: plugin[step]!.bind(plugin), observe: observer.plugin(plugin.name, step, operation) })),
    observe: observer.step(step, operation),
  })
  return { CREATE: of('CREATE'), UPDATE: of('UPDATE'), DELETE: of('DELETE'), CONNECT: of('CONNECT') }
}

async function run(
  { calls, observe }: Compiled,
  attributes: AdmissionAttributes,
  reinvocation?: Reinvocation,
): Promise<void> {
  const began = performance.now()
  let last = began
  let observeCall = observe
  try {
    for (const { call, observe } of calls) {
      observeCall = observe
      const waiting = call(attributes, reinvocation)
      if (waiting !== undefined) await waiting
      const now = performance.now()
      observeCall((now - last) / 1000, false)
      last = now
    }
  } catch (error) {
    const now = performance.now()
    observeCall((now - last) / 1000, true)
    observe((now - began) / 1000, true)
    throw error
  }
  observe((last - began) / 1000, false)
}
