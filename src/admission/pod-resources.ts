import { type KubeObject, parseQuantity, type Quantity } from '../api/index.js'

/** Amounts by resource name. */
export type Amounts = Map<string, Quantity>
/** Amounts as objects have them. */
export type ResourceList = Readonly<Record<string, string>>

/** What counts of a container. */
export interface Container {
  readonly name?: string
  readonly resources?: { readonly requests?: ResourceList; readonly limits?: ResourceList }
  readonly restartPolicy?: string
}

export interface PodAmountsOptions {
  /** Whether the pod's own resources take the place of its containers' (feature gate PodLevelResources). */
  readonly podLevel: (name: string) => boolean
  /** Whether what it takes to run the pod at all is counted. */
  readonly overhead: boolean
  /** What the containers count instead of their own `resources`. */
  readonly of?: (container: Container, kind: 'requests' | 'limits') => Amounts
}

export function amountsOf(list: ResourceList | undefined): Amounts {
  const amounts: Amounts = new Map()
  if (list !== undefined) for (const name of Object.keys(list)) amounts.set(name, parseQuantity(list[name]!))
  return amounts
}

/**
 * What a pod asks for, or may use at most: the sum of its containers and sidecars, or what its start takes if that is more.
 * Source: component-helpers resource, PodRequests and PodLimits.
 */
export function podAmounts(pod: KubeObject, kind: 'requests' | 'limits', options: PodAmountsOptions): Amounts {
  const of = options.of ?? ((container: Container, which) => amountsOf(container.resources?.[which]))
  const spec = pod.spec ?? {}
  const total: Amounts = new Map()
  for (const container of (spec.containers ?? []) as Container[]) addAmounts(total, of(container, kind))
  const sidecars: Amounts = new Map()
  const start: Amounts = new Map()
  for (const container of (spec.initContainers ?? []) as Container[]) {
    let own = of(container, kind)
    if (container.restartPolicy === 'Always') {
      addAmounts(total, own)
      addAmounts(sidecars, own)
      own = sidecars
    } else {
      own = new Map(own)
      addAmounts(own, sidecars)
    }
    raiseAmounts(start, own)
  }
  raiseAmounts(total, start)
  for (const [name, amount] of amountsOf(spec.resources?.[kind])) if (options.podLevel(name)) total.set(name, amount)
  if (options.overhead) {
    const overhead = amountsOf(spec.overhead)
    for (const [name, amount] of overhead) {
      const known = total.get(name)
      if (kind === 'requests') total.set(name, known === undefined ? amount : known.add(amount))
      else if (known !== undefined && !known.isZero) total.set(name, known.add(amount))
    }
  }
  return total
}

export function addAmounts(total: Amounts, more: Amounts): void {
  for (const [name, amount] of more) {
    const known = total.get(name)
    total.set(name, known === undefined ? amount : known.add(amount))
  }
}

function raiseAmounts(total: Amounts, other: Amounts): void {
  for (const [name, amount] of other) {
    const known = total.get(name)
    if (known === undefined || amount.compare(known) > 0) total.set(name, amount)
  }
}
