import { badRequest, parseFieldSelector, parseLabelSelector, quote } from '../api/index.js'
import type { RequestContext } from '../http/index.js'
import type { Selection } from '../registry/index.js'
import type { ListQuery } from './query-options.js'
import type { RequestScope } from './scope.js'

export interface Selected {
  readonly selection: Selection
  /** The one name that can match, if the selectors leave only one. */
  readonly name?: string
}

/**
 * The objects that a list, watch or deletecollection is about. A name in the path counts as a field selector.
 * Throws BadRequest for selectors that do not parse or name fields the kind cannot be selected by.
 */
export function selectionOf(scope: RequestScope, context: RequestContext, options: ListQuery): Selected {
  const labels = parsing(() => parseLabelSelector(options.labelSelector))
  const asked = parsing(() => parseFieldSelector(options.fieldSelector))
  // A term without label and value (`=`) says nothing, and is let through.
  for (const { field, value } of asked.terms) if (field !== '' || value !== '') checkField(scope, field)
  const { fieldLabels } = scope.resource.rules
  const fields =
    fieldLabels === undefined ? asked : asked.transform((field, value) => [fieldLabels[field] ?? field, value])
  const exact = fields.exactMatch('metadata.name')
  const named = context.info.name
  if (named !== '' && !fields.empty && exact !== named)
    throw badRequest("fieldSelector metadata.name doesn't match requested name")
  const name = named !== '' ? named : exact
  const judged = !fields.empty
    ? (values: Readonly<Record<string, string>>) => fields.matches(values)
    : named !== ''
      ? (values: Readonly<Record<string, string>>) => values['metadata.name'] === named
      : undefined
  return {
    selection: {
      ...(labels.empty ? {} : { labels: (own) => labels.matches(own) }),
      ...(judged === undefined ? {} : { fields: judged }),
    },
    ...(name === undefined ? {} : { name }),
  }
}

function parsing<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw badRequest((error as Error).message, { cause: error })
  }
}

function checkField(
  { resource: { rules, namespaced, itemsKeepTypeMeta: custom }, version }: RequestScope,
  field: string,
): void {
  const known: Readonly<Record<string, unknown>> | undefined = rules.fieldLabels ?? rules.fields
  if (field === 'metadata.name') return
  // Kinds that name their fields themselves name this one only where it means something.
  const inNamespace = (namespaced && !rules.refusesNamespaceField) || (known === undefined && custom !== true)
  if (field === 'metadata.namespace' && inNamespace) return
  if (known !== undefined && Object.hasOwn(known, field)) return
  if (rules.refuseField !== undefined) throw badRequest(rules.refuseField(field, version.apiVersion))
  throw badRequest(
    rules.fields === undefined
      ? `${quote(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
      : `field label not supported: ${field}`,
  )
}
