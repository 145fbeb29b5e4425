import { equalJson, type KubeObject } from '../api/index.js'
import { approvalCondition } from '../registry/index.js'
import { conditionOf, type Definition, type DefinitionCondition, type DefinitionStatus, isTrue } from './definition.js'
import { type AcceptedNames, acceptedOf, sameNames } from './names.js'

type NewCondition = Pick<DefinitionCondition, 'type' | 'status' | 'reason' | 'message'>

/**
 * The status a definition shall have, given the names it gets: NamesAccepted, Established, and for protected groups whether
 * its API was approved. The definition's own status (`===`) if that is right already.
 * Source: apiextensions pkg/controller/{status,establish,apiapproval}.
 */
export function statusOf(definition: Definition, accepted: AcceptedNames, now: string): DefinitionStatus {
  const current = definition.status ?? {}
  const { names, conflict } = accepted
  const wanted: NewCondition[] = []
  // Names that are as they should be are not looked at again, whatever the conditions say.
  const settled = sameNames(definition.spec.names, acceptedOf(definition))
  if (!settled)
    wanted.push(
      conflict === undefined
        ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
        : { type: 'NamesAccepted', status: 'False', ...conflict },
    )
  const isAccepted = settled ? isTrue(definition, 'NamesAccepted') : conflict === undefined
  if (!isTrue(definition, 'Established')) {
    if (isAccepted)
      wanted.push({
        type: 'Established',
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      })
    else if (!settled && conditionOf(definition, 'Established') === undefined)
      wanted.push({
        type: 'Established',
        status: 'False',
        reason: 'NotAccepted',
        message: 'not all names are accepted',
      })
  }
  const approval = approvalCondition(definition.spec.group, definition.metadata.annotations)
  if (approval !== undefined) wanted.push(approval)
  let conditions: readonly DefinitionCondition[] = current.conditions ?? []
  for (const condition of wanted) conditions = withCondition(conditions, condition, now)
  if (conditions === current.conditions && equalJson(names, acceptedOf(definition))) return current
  return { ...current, conditions, acceptedNames: names }
}

/** The conditions with one set; the same array if it is there like that. */
export function withCondition(
  conditions: readonly DefinitionCondition[],
  condition: NewCondition,
  now: string,
): readonly DefinitionCondition[] {
  const at = conditions.findIndex(({ type }) => type === condition.type)
  const current = conditions[at]
  if (current === undefined) return [...conditions, { ...ordered(condition), lastTransitionTime: now }]
  if (
    current.status === condition.status &&
    current.reason === condition.reason &&
    current.message === condition.message
  )
    return conditions
  const { lastTransitionTime = now } = current
  const changed = {
    ...current,
    ...ordered(condition),
    lastTransitionTime: current.status === condition.status ? lastTransitionTime : now,
  }
  return conditions.map((each, i) => (i === at ? changed : each))
}

const ordered = ({ type, status, reason, message }: NewCondition): NewCondition => ({
  type,
  status,
  ...(reason === undefined ? {} : { reason }),
  ...(message === undefined ? {} : { message }),
})

/** A copy of a definition with another status. */
export const withStatus = (definition: KubeObject, status: DefinitionStatus): Definition =>
  ({ ...definition, status }) as Definition
