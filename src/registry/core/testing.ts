import {
  copyJson,
  decodeObject,
  FieldErrors,
  facts,
  factsName,
  fillDefaults,
  type KubeObject,
  kindShape,
} from '../../api/index.js'
import type { ResourceRules, RuleContext } from '../rules.js'

/** For tests of rules: what the registry does around them, without a store. */
export interface Judge {
  /** As a client's body arrives: decoded and defaulted. */
  read(body: object): KubeObject
  /** `field: message` of everything that is wrong with a new object; metadata apart. */
  created(body: object): string[]
  /** The same for a change of a stored object, `rules.validateUpdate` alone. */
  changed(old: object, body: object): string[]
  /** The same for a change of its status. */
  statusChanged(old: object, body: object): string[]
  warnings(body: object): readonly string[]
}

export function judge(
  rules: ResourceRules,
  kind: string,
  group = '',
  off: readonly string[] = [],
  version = 'v1',
): Judge {
  const namespaced = facts(factsName(group, version)!).kinds[kind]?.namespaced !== false
  const apiVersion = group === '' ? version : `${group}/${version}`
  const shape = kindShape(group, version, kind)!
  const context: RuleContext = {
    user: undefined,
    namespace: 'ns',
    subresource: '',
    dryRun: false,
    now: () => 1_700_000_000_000,
    enabled: (gate) => !off.includes(gate),
  }
  const told = (judged: (errors: FieldErrors) => void): string[] => {
    const errors = new FieldErrors()
    judged(errors)
    return errors.list.map(({ field, message }) => `${field}: ${message}`)
  }
  const read = (body: object): KubeObject => {
    const object = decodeObject({ apiVersion, kind, metadata: { name: 'x' }, ...body }, shape) as KubeObject
    fillDefaults(object, shape)
    rules.defaults?.[version]?.(object)
    if (namespaced) object.metadata.namespace ??= 'ns'
    return object
  }
  return {
    read,
    created: (body) =>
      told((errors) => {
        const object = read(body)
        rules.prepareForCreate?.(object, context)
        rules.validate?.(object, errors, context)
      }),
    changed: (old, body) =>
      told((errors) => {
        const before = read(old)
        const object = read(body)
        rules.prepareForUpdate?.(object, copyJson(before), context)
        rules.validateUpdate?.(object, before, errors, context)
      }),
    statusChanged: (old, body) =>
      told((errors) => {
        const before = read(old)
        const object = { ...copyJson(before), status: read(body).status } as KubeObject
        rules.prepareForStatusUpdate?.(object, before, context)
        rules.validateStatusUpdate?.(object, before, errors, context)
      }),
    warnings: (body) => rules.warnings?.(read(body), undefined, context) ?? [],
  }
}
