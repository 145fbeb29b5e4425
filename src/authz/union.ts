import type { Attributes, Authorizer, Decision, UserRules } from './authorizer.js'

/**
 * Asks one after the other until one allows or denies. If none does, the refusal carries all their reasons, a line each,
 * and all their errors. Stays synchronous as long as those asked are.
 * Source: apiserver pkg/authorization/union.
 */
export function authorizerUnion(authorizers: readonly Authorizer[]): Authorizer {
  if (authorizers.length === 1) return authorizers[0]!
  const from = (start: number, attributes: Attributes, silent: Decision[]): Decision | Promise<Decision> => {
    for (let i = start; i < authorizers.length; i++) {
      const decision = authorizers[i]!.authorize(attributes)
      if (decision instanceof Promise) {
        return decision.then((one) => settle(one, silent) ?? from(i + 1, attributes, silent))
      }
      const settled = settle(decision, silent)
      if (settled !== undefined) return settled
    }
    return combine(silent)
  }
  return {
    authorize: (attributes) => from(0, attributes, []),
    rulesFor(user, namespace): UserRules {
      const all = authorizers.flatMap((one) => one.rulesFor?.(user, namespace) ?? [])
      return {
        resourceRules: all.flatMap((rules) => rules.resourceRules),
        nonResourceRules: all.flatMap((rules) => rules.nonResourceRules),
        incomplete: all.some((rules) => rules.incomplete),
        errors: [...new Set(all.flatMap((rules) => rules.errors))],
      }
    },
  }
}

function settle(decision: Decision, silent: Decision[]): Decision | undefined {
  if (decision.verdict !== 'none') return decision
  if (decision.reason !== '' || decision.error !== undefined) silent.push(decision)
  return undefined
}

function combine(silent: readonly Decision[]): Decision {
  const reason = silent
    .map((one) => one.reason)
    .filter((text) => text !== '')
    .join('\n')
  const errors = silent.flatMap(({ error }) => (error === undefined ? [] : [error]))
  if (errors.length === 0) return { verdict: 'none', reason }
  const texts = [...new Set(errors.map(({ message }) => message))]
  const error = texts.length === 1 ? errors[0]! : new Error(`[${texts.join(', ')}]`)
  return { verdict: 'none', reason, error }
}
