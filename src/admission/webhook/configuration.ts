import type { KubeObject } from '../../api/index.js'
import type { MatchRule } from '../matching/rules.js'
import { type Selectors, selectorsOf } from '../matching/selectors.js'
import type { ObjectReader } from '../objects.js'

/** A webhook as it is stored. */
interface WebhookSpec {
  readonly name: string
  readonly clientConfig: ClientConfig
  readonly rules?: readonly MatchRule[]
  readonly failurePolicy?: string
  readonly matchPolicy?: string
  readonly namespaceSelector?: object
  readonly objectSelector?: object
  readonly sideEffects?: string
  readonly timeoutSeconds?: number
  readonly admissionReviewVersions?: readonly string[]
  readonly reinvocationPolicy?: string
  readonly matchConditions?: readonly MatchCondition[]
}

export interface MatchCondition {
  readonly name: string
  readonly expression: string
}

export interface ClientConfig {
  readonly url?: string
  readonly service?: {
    readonly namespace: string
    readonly name: string
    readonly path?: string
    readonly port?: number
  }
  /** Base64 of PEM. */
  readonly caBundle?: string
}

/** One webhook of a configuration, ready to be asked. */
export interface Webhook {
  /** Tells it apart from all others, as long as its configuration stays. */
  readonly uid: string
  readonly configuration: string
  readonly name: string
  readonly client: ClientConfig
  readonly rules: readonly MatchRule[]
  readonly matchPolicy: string
  readonly selectors: Selectors
  readonly ignoresFailures: boolean
  readonly sideEffects: string | undefined
  readonly timeoutSeconds: number | undefined
  readonly reviewVersions: readonly string[]
  readonly reinvocable: boolean
  readonly conditions: readonly MatchCondition[]
}

/** The webhooks of all configurations of a kind, by name of the configuration, as they are stored at this moment. */
export class Webhooks {
  readonly #objects: ObjectReader
  readonly #resource: string
  #configurations: readonly KubeObject[] | undefined
  #webhooks: readonly Webhook[] = []

  /** @param resource `group/plural`, one that the reader keeps: the same list means that nothing has changed */
  constructor(objects: ObjectReader, resource: string) {
    this.#objects = objects
    this.#resource = resource
  }

  get list(): readonly Webhook[] {
    const configurations = this.#objects.list(this.#resource, '')
    if (configurations !== this.#configurations) {
      this.#webhooks = configurations.flatMap(webhooksOf)
      this.#configurations = configurations
    }
    return this.#webhooks
  }
}

function webhooksOf({ metadata, webhooks = [] }: KubeObject): Webhook[] {
  const configuration = metadata.name ?? ''
  // Several may have one name.
  const seen = new Map<string, number>()
  return (webhooks as readonly WebhookSpec[]).map((spec) => {
    const nth = seen.get(spec.name) ?? 0
    seen.set(spec.name, nth + 1)
    return {
      uid: `${configuration}/${spec.name}/${nth}`,
      configuration,
      name: spec.name,
      client: spec.clientConfig,
      rules: spec.rules ?? [],
      matchPolicy: spec.matchPolicy ?? 'Equivalent',
      selectors: selectorsOf(spec),
      ignoresFailures: spec.failurePolicy === 'Ignore',
      sideEffects: spec.sideEffects,
      timeoutSeconds: spec.timeoutSeconds,
      reviewVersions: spec.admissionReviewVersions ?? [],
      reinvocable: spec.reinvocationPolicy === 'IfNeeded',
      conditions: spec.matchConditions ?? [],
    }
  })
}
