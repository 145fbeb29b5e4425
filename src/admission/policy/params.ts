import { type KubeObject, type LabelSelectorSpec, labelSelectorOf } from '../../api/index.js'

/** The objects of a kind that policies may have as parameters. Promises only where a conversion webhook has to be asked. */
export interface ParamResource {
  readonly namespaced: boolean
  find(namespace: string, name: string): KubeObject | undefined | Promise<KubeObject | undefined>
  /** @param namespace empty for cluster-scoped kinds */
  list(namespace: string): readonly KubeObject[] | Promise<readonly KubeObject[]>
}

/** Undefined: no such kind is served. */
export type FindParamKind = (group: string, version: string, kind: string) => ParamResource | undefined

export interface ParamKind {
  readonly apiVersion: string
  readonly kind: string
}

export interface ParamRef {
  readonly name?: string
  readonly namespace?: string
  readonly selector?: LabelSelectorSpec
  readonly parameterNotFoundAction?: string
}

/**
 * The parameters of a binding, undefined for one that takes none.
 *
 * @param resource of the kind; undefined: the policy names none
 * @param namespace of the request
 * @throws Error with upstream's text
 * @see apiserver pkg/admission/plugin/policy/generic, CollectParams
 */
export async function collectParams(
  resource: ParamResource | undefined,
  ref: ParamRef | undefined,
  namespace: string,
): Promise<readonly (KubeObject | undefined)[]> {
  if (resource === undefined || ref === undefined) return [undefined]
  const { name = '', selector, namespace: own = '', parameterNotFoundAction } = ref
  if (resource.namespaced && own === '' && namespace === '')
    throw new Error('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources')
  if (own !== '' && !resource.namespaced)
    throw new Error('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
  const where = resource.namespaced ? own || namespace : ''
  const found = await paramsIn(resource, where, name, selector)
  if (found.length === 0 && parameterNotFoundAction === 'Deny')
    throw new Error('no params found for policy binding with `Deny` parameterNotFoundAction')
  return found
}

async function paramsIn(
  resource: ParamResource,
  namespace: string,
  name: string,
  selector: LabelSelectorSpec | undefined,
): Promise<readonly KubeObject[]> {
  if (name !== '') {
    if (selector !== undefined) throw new Error('paramRef.name and paramRef.selector are mutually exclusive')
    const found = await resource.find(namespace, name)
    return found === undefined ? [] : [found]
  }
  if (selector === undefined) throw new Error('one of name or selector must be provided')
  const parsed = labelSelectorOf(selector)
  return (await resource.list(namespace)).filter(({ metadata }) => parsed.matches(metadata.labels))
}
