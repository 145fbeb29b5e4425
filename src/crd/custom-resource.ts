import type { Resource, Subresource, Verb } from '../registry/index.js'
import { customColumns, scaleColumns } from './columns.js'
import { customRules } from './custom-rules.js'
import type { CustomVersion } from './custom-version.js'
import { CustomStoredForm } from './stored-form.js'

const verbs: ReadonlySet<Verb> = new Set<Verb>([
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'create',
  'update',
  'watch',
])
/** What discovery tells of while the definition is being deleted. */
const lastVerbs: ReadonlySet<Verb> = new Set<Verb>(['delete', 'deletecollection', 'get', 'list', 'watch'])
const subresourceVerbs: ReadonlySet<Verb> = new Set<Verb>(['get', 'patch', 'update'])

/**
 * A version of a custom resource as a resource of its own: versions differ in their rules, columns and subresources, and each
 * has a registry that works in it.
 */
export function customResource(version: CustomVersion, parse: (bytes: Buffer) => unknown): Resource {
  const { family, definition } = version
  const { names } = family
  return {
    group: version.group,
    resource: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    kind: names.kind,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: family.namespaced,
    itemsKeepTypeMeta: true,
    verbs,
    get shownVerbs() {
      return family.terminating ? lastVerbs : undefined
    },
    versions: [version],
    subresources: subresourcesOf(version),
    get rules() {
      const rules = customRules(version)
      Object.defineProperty(this, 'rules', { value: rules })
      return rules
    },
    get columns() {
      const columns = customColumns(definition.additionalPrinterColumns)
      Object.defineProperty(this, 'columns', { value: columns })
      return columns
    },
    storage: { prefix: family.prefix, version: family.storage, form: new CustomStoredForm(version, parse) },
  }
}

function subresourcesOf({ definition: { subresources }, kind }: CustomVersion): Subresource[] {
  const found: Subresource[] = []
  if (subresources?.status !== undefined)
    found.push({ name: 'status', responseKind: { group: '', version: '', kind }, verbs: subresourceVerbs })
  if (subresources?.scale !== undefined)
    found.push({
      name: 'scale',
      responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
      verbs: subresourceVerbs,
      columns: customColumns(scaleColumns),
    })
  return found
}
