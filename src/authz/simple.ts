import { type Authorizer, allowed, type Decision, noOpinion } from './authorizer.js'

const everything: readonly string[] = Object.freeze(['*'])

/** `--authorization-mode=AlwaysAllow`. */
export const alwaysAllow = (): Authorizer => ({
  authorize: () => allowed,
  rulesFor: () => ({
    resourceRules: [{ verbs: everything, apiGroups: everything, resources: everything, resourceNames: [] }],
    nonResourceRules: [{ verbs: everything, nonResourceURLs: everything }],
    incomplete: false,
    errors: [],
  }),
})

/** `--authorization-mode=AlwaysDeny`. It has no opinion rather than denying, as upstream: what comes after it may allow. */
export function alwaysDeny(): Authorizer {
  const refused: Decision = { verdict: 'none', reason: 'Everything is forbidden.' }
  return {
    authorize: () => refused,
    rulesFor: () => ({ resourceRules: [], nonResourceRules: [], incomplete: false, errors: [] }),
  }
}

/** Allows everything to members of the given groups; system:masters comes before all other authorizers. */
export function privilegedGroups(...groups: readonly string[]): Authorizer {
  const members = new Set(groups)
  return {
    authorize({ user }) {
      for (const group of user.groups) if (members.has(group)) return allowed
      return noOpinion
    },
  }
}
