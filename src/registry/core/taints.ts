import { type FieldErrors, index, isLabelValue, qualifiedName, taintEffect } from '../../api/index.js'

export interface Taint {
  readonly key?: string
  readonly value?: string
  readonly effect?: string
  readonly timeAdded?: string
}

/** Also for the taints in an annotation. Duplicates are told as upstream's internal type prints. */
export function validateTaints(taints: readonly Taint[], path: string, errors: FieldErrors): void {
  const seen = new Set<string>()
  taints.forEach(({ key = '', value = '', effect = '', timeAdded }, i) => {
    const at = index(path, i)
    qualifiedName(errors, `${at}.key`, key)
    const wrong = isLabelValue(value)
    if (wrong.length > 0) errors.invalid(`${at}.value`, value, wrong.join(';'))
    if (effect === '') errors.required(`${at}.effect`)
    else taintEffect(errors, `${at}.effect`, effect)
    const own = `${effect}\n${key}`
    if (seen.has(own)) {
      const told = { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded ?? null }
      errors.duplicate(at, told, 'taints must be unique by key and effect pair')
    }
    seen.add(own)
  })
}
