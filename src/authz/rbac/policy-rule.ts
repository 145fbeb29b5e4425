import type { Attributes } from '../authorizer.js'

/** rbac/v1 PolicyRule, as it lies in roles. */
export interface PolicyRule {
  readonly verbs?: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

/** A rule made ready for questions. Undefined sets hold everything. Source: kubernetes pkg/apis/rbac/v1/evaluation_helpers.go. */
export class CompiledRule {
  readonly #verbs: ReadonlySet<string> | undefined
  readonly #groups: ReadonlySet<string> | undefined
  readonly #names: ReadonlySet<string> | undefined
  readonly #exactUrls: ReadonlySet<string>
  readonly #urlPrefixes: readonly string[]

  constructor(readonly rule: PolicyRule) {
    this.#verbs = setOrAll(rule.verbs)
    this.#groups = setOrAll(rule.apiGroups)
    this.#names =
      rule.resourceNames === undefined || rule.resourceNames.length === 0 ? undefined : new Set(rule.resourceNames)
    const urls = rule.nonResourceURLs ?? []
    this.#exactUrls = new Set(urls)
    this.#urlPrefixes = urls.filter((url) => url.endsWith('*')).map((url) => url.replace(/\*+$/, ''))
  }

  /** All but the resource, which the caller has looked this rule up by. */
  allows({ verb, apiGroup, name }: Attributes): boolean {
    return (
      (this.#verbs === undefined || this.#verbs.has(verb)) &&
      (this.#groups === undefined || this.#groups.has(apiGroup)) &&
      (this.#names === undefined || this.#names.has(name))
    )
  }

  allowsPath({ verb, path }: Attributes): boolean {
    if (this.#verbs !== undefined && !this.#verbs.has(verb)) return false
    if (this.#exactUrls.has(path)) return true
    for (const prefix of this.#urlPrefixes) if (path.startsWith(prefix)) return true
    return false
  }
}

function setOrAll(values: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return values?.includes('*') === true ? undefined : new Set(values)
}
