import { equalJson } from '../api/index.js'
import type { Definition, DefinitionNames } from './definition.js'

/** Which names a definition gets, and what stands in the way of those that it does not get. */
export interface AcceptedNames {
  readonly names: DefinitionNames
  /** Undefined: all are accepted. */
  readonly conflict?: { readonly reason: string; readonly message: string }
}

const noNames: DefinitionNames = { plural: '', kind: '' }

/** Whether two definitions' names are the same; what is empty is as good as not there. */
export const sameNames = (a: DefinitionNames, b: DefinitionNames): boolean => equalJson(listed(a), listed(b))

const listed = ({ plural, singular, kind, listKind, shortNames, categories }: DefinitionNames): unknown => [
  plural,
  singular ?? '',
  kind,
  listKind ?? '',
  shortNames ?? [],
  categories ?? [],
]

/** The names that a definition has been accepted under; empty ones before it has. */
export const acceptedOf = ({ status }: Definition): DefinitionNames => status?.acceptedNames ?? noNames

/**
 * Works out the names of a definition beside those of the others of its group: what somebody else has is not given twice.
 * Source: apiextensions pkg/controller/status/naming_controller.go.
 *
 * @param group accepted names of all definitions of the group, its own among them
 */
export function acceptNames(definition: Definition, group: Iterable<DefinitionNames>): AcceptedNames {
  const resources = new Set<string>()
  const kinds = new Set<string>()
  for (const names of group) {
    for (const name of [names.plural, names.singular ?? '', ...(names.shortNames ?? [])]) resources.add(name)
    for (const name of [names.kind, names.listKind ?? '']) kinds.add(name)
  }
  const wanted = definition.spec.names
  const current = acceptedOf(definition)
  let conflict: AcceptedNames['conflict']
  const settle = (name: string | undefined, has: string | undefined, taken: ReadonlySet<string>, reason: string) => {
    if ((name ?? '') === (has ?? '') || !taken.has(name ?? '')) return name
    conflict = { reason, message: inUse(name ?? '') }
    return has
  }
  const plural = settle(wanted.plural, current.plural, resources, 'PluralConflict')
  const singular = settle(wanted.singular, current.singular, resources, 'SingularConflict')
  let shortNames = wanted.shortNames
  if (!equalJson(wanted.shortNames, current.shortNames)) {
    const own = new Set(current.shortNames)
    const taken = (wanted.shortNames ?? []).filter((name) => !own.has(name) && name !== '' && resources.has(name))
    if (taken.length > 0) {
      const texts = taken.map(inUse)
      conflict = { reason: 'ShortNamesConflict', message: texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]` }
      shortNames = current.shortNames
    }
  }
  const kind = settle(wanted.kind, current.kind, kinds, 'KindConflict')
  const listKind = settle(wanted.listKind, current.listKind, kinds, 'ListKindConflict')
  const names: DefinitionNames = {
    plural: plural ?? '',
    ...(singular ? { singular } : {}),
    ...(shortNames === undefined ? {} : { shortNames }),
    kind: kind ?? '',
    ...(listKind ? { listKind } : {}),
    ...(wanted.categories === undefined ? {} : { categories: wanted.categories }),
  }
  return conflict === undefined ? { names } : { names, conflict }
}

const inUse = (name: string): string => `${JSON.stringify(name)} is already in use`
