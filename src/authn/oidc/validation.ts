import { X509Certificate } from 'node:crypto'
import { child, domainPrefixedPath, FieldErrors, index, urlProblem } from '../../api/index.js'
import type {
  AuthenticationConfiguration,
  ClaimOrExpression,
  ClaimValidationRule,
  JwtConfiguration,
  PrefixedClaim,
} from './configuration.js'
import type { Expression, ExpressionCompiler, JwtExpressions } from './expressions.js'

const maxIssuers = 64

/**
 * Everything that is wrong with a configuration. Source: apiserver pkg/apis/apiserver/validation.
 *
 * @param disallowed issuers that are somebody else's: those of service account tokens
 * @returns the expressions of each issuer, to be used if there are no errors
 */
export function validateAuthenticationConfiguration(
  { jwt, anonymous }: AuthenticationConfiguration,
  compiler: ExpressionCompiler,
  disallowed: readonly string[],
): { readonly errors: FieldErrors; readonly expressions: readonly JwtExpressions[] } {
  const errors = new FieldErrors()
  if (jwt.length > maxIssuers) {
    errors.tooMany('jwt', jwt.length, maxIssuers)
    return { errors, expressions: [] }
  }
  const issuers = new Set<string>()
  const discoveryUrls = new Set<string>()
  const expressions = jwt.map((one, i) => {
    const at = index('jwt', i)
    const compiled = new JwtCheck(errors, compiler, one).run(at, disallowed)
    const { url, discoveryUrl } = one.issuer
    if (issuers.has(url)) errors.duplicate(`${at}.issuer.url`, url)
    issuers.add(url)
    if (discoveryUrl !== '' && discoveryUrls.has(discoveryUrl))
      errors.duplicate(`${at}.issuer.discoveryURL`, discoveryUrl)
    discoveryUrls.add(discoveryUrl)
    return compiled
  })
  if (anonymous !== undefined && !anonymous.enabled && anonymous.paths.length > 0) {
    const told = anonymous.paths.map((Path) => ({ Path }))
    errors.invalid('anonymous.conditions', told, 'enabled should be set to true when conditions are defined')
  }
  return { errors, expressions }
}

class JwtCheck {
  constructor(
    readonly errors: FieldErrors,
    readonly compiler: ExpressionCompiler,
    readonly jwt: JwtConfiguration,
  ) {}

  run(at: string, disallowed: readonly string[]): JwtExpressions {
    this.#issuer(child(at, 'issuer'), disallowed)
    const claimRules = this.#claimRules(child(at, 'claimValidationRules'), this.jwt.claimValidationRules)
    const mapped = this.#mappings(child(at, 'claimMappings'), claimRules)
    return { ...mapped, claimRules, userRules: this.#userRules(child(at, 'userValidationRules')) }
  }

  #issuer(at: string, disallowed: readonly string[]): void {
    const { errors } = this
    const { url, discoveryUrl, audiences, audienceMatchPolicy, certificateAuthority } = this.jwt.issuer
    if (url === '') errors.required(`${at}.url`)
    else checkUrl(errors, `${at}.url`, url, disallowed)
    if (discoveryUrl !== '') {
      const where = `${at}.discoveryURL`
      const bare = (text: string): string => text.replace(/\/+$/, '')
      if (url !== '' && bare(url) === bare(discoveryUrl))
        errors.invalid(where, discoveryUrl, 'discoveryURL must be different from URL')
      checkUrl(errors, where, discoveryUrl, [])
    }
    checkAudiences(errors, at, audiences, audienceMatchPolicy)
    if (certificateAuthority !== '' && !hasCertificates(certificateAuthority)) {
      const why = 'data does not contain any valid RSA or ECDSA certificates'
      errors.invalid(`${at}.certificateAuthority`, '<omitted>', why)
    }
    const egress = this.jwt.issuer.egressSelectorType
    if (egress !== '' && egress !== 'controlplane' && egress !== 'cluster')
      errors.invalid(`${at}.egressSelectorType`, egress, 'egress selector must be either controlplane or cluster')
  }

  #claimRules(at: string, rules: readonly ClaimValidationRule[]): JwtExpressions['claimRules'] {
    const { errors } = this
    const claims = new Set<string>()
    const texts = new Set<string>()
    return rules.flatMap((rule, i) => {
      const where = index(at, i)
      const { claim, expression, message, requiredValue } = rule
      if (claim !== '' && expression !== '') {
        errors.invalid(where, claim, "claim and expression can't both be set")
      } else if (claim === '' && expression === '') {
        errors.required(where, 'claim or expression is required')
      } else if (claim !== '') {
        if (message !== '') errors.invalid(`${where}.message`, message, 'may not be specified when claim is set')
        if (claims.has(claim)) errors.duplicate(`${where}.claim`, claim)
        claims.add(claim)
      } else {
        if (requiredValue !== '')
          errors.invalid(`${where}.requiredValue`, requiredValue, 'may not be specified when expression is set')
        if (texts.has(expression)) {
          errors.duplicate(`${where}.expression`, expression)
          return []
        }
        texts.add(expression)
        const compiled = this.#compile(`${where}.expression`, expression, (text) =>
          this.compiler.compileClaims(text, 'bool'),
        )
        return compiled === undefined ? [] : [{ rule: compiled, message }]
      }
      return []
    })
  }

  #mappings(
    at: string,
    claimRules: JwtExpressions['claimRules'],
  ): Pick<JwtExpressions, 'username' | 'groups' | 'uid' | 'extra'> {
    const { errors } = this
    const { username, groups, uid, extra } = this.jwt.claimMappings
    const name = this.#prefixed(`${at}.username`, username, true)
    const members = this.#prefixed(`${at}.groups`, groups, false)
    const id = this.#uid(`${at}.uid`, uid)
    const more = this.#extra(`${at}.extra`, extra)
    // Who takes an address for a name has to look whether it was verified.
    const looked = [name, ...more.map(({ value }) => value), ...claimRules.map(({ rule }) => rule)]
    if (name?.reads('email') === true && !looked.some((one) => one?.reads('email_verified') === true)) {
      errors.invalid(
        `${at}.username.expression`,
        username.expression,
        'claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression',
      )
    }
    return { username: name, groups: members, uid: id, extra: more }
  }

  #prefixed(at: string, mapping: PrefixedClaim, isRequired: boolean): Expression | undefined {
    const { errors } = this
    const { claim, expression, prefix } = mapping
    if (expression !== '' && claim !== '') errors.invalid(at, '', "claim and expression can't both be set")
    else if (expression === '' && claim === '') {
      if (isRequired) errors.required(at, 'claim or expression is required')
    } else if (expression !== '') {
      if (prefix !== undefined) errors.invalid(`${at}.prefix`, prefix, 'may not be specified when expression is set')
      return this.#compile(`${at}.expression`, expression, (text) => this.compiler.compileClaims(text, 'any'))
    } else if (prefix === undefined) {
      const why = 'prefix is required when claim is set. It can be set to an empty string to disable prefixing'
      errors.required(`${at}.prefix`, why)
    }
    return undefined
  }

  #uid(at: string, { claim, expression }: ClaimOrExpression): Expression | undefined {
    if (expression === '') return undefined
    if (claim !== '') {
      this.errors.invalid(at, '', "claim and expression can't both be set")
      return undefined
    }
    return this.#compile(`${at}.expression`, expression, (text) => this.compiler.compileClaims(text, 'any'))
  }

  #extra(at: string, mappings: JwtConfiguration['claimMappings']['extra']): JwtExpressions['extra'] {
    const { errors } = this
    const keys = new Set<string>()
    return mappings.flatMap(({ key, valueExpression }, i) => {
      const where = index(at, i)
      domainPrefixedPath(errors, `${where}.key`, key)
      if (key !== key.toLowerCase()) errors.invalid(`${where}.key`, key, 'must be lowercase')
      if (isReserved(key)) {
        const why = 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use'
        errors.invalid(`${where}.key`, key, why)
      }
      if (keys.has(key)) {
        errors.duplicate(`${where}.key`, key)
        return []
      }
      keys.add(key)
      if (valueExpression === '') {
        errors.required(`${where}.valueExpression`)
        return []
      }
      const compile = (text: string): Expression => this.compiler.compileClaims(text, 'any')
      const value = this.#compile(`${where}.valueExpression`, valueExpression, compile)
      return value === undefined ? [] : [{ key, value }]
    })
  }

  #userRules(at: string): JwtExpressions['userRules'] {
    const { errors } = this
    const texts = new Set<string>()
    return this.jwt.userValidationRules.flatMap(({ expression, message }, i) => {
      const where = `${index(at, i)}.expression`
      if (expression === '') errors.required(where)
      else if (texts.has(expression)) errors.duplicate(where, expression)
      else {
        texts.add(expression)
        const rule = this.#compile(where, expression, (text) => this.compiler.compileUser(text))
        if (rule !== undefined) return [{ rule, message }]
      }
      return []
    })
  }

  #compile(at: string, text: string, compile: (text: string) => Expression): Expression | undefined {
    try {
      return compile(text)
    } catch (error) {
      this.errors.invalid(at, text, (error as Error).message)
      return undefined
    }
  }
}

function checkUrl(errors: FieldErrors, at: string, text: string, disallowed: readonly string[]): void {
  if (disallowed.includes(text)) {
    const all = [...new Set(disallowed)].sort().join(' ')
    errors.invalid(at, text, `URL must not overlap with disallowed issuers: [${all}]`)
  }
  const problem = urlProblem(text)
  if (problem !== undefined) {
    errors.invalid(at, text, problem)
    return
  }
  const [, scheme = '', rest = ''] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(.*)$/.exec(text) ?? []
  const [beforeFragment = '', fragment = ''] = splitOnce(rest, '#')
  const [beforeQuery = '', query = ''] = splitOnce(beforeFragment, '?')
  const authority = /^\/\/([^/]*)/.exec(beforeQuery)?.[1] ?? ''
  if (scheme.toLowerCase() !== 'https') errors.invalid(at, text, 'URL scheme must be https')
  if (authority.includes('@')) errors.invalid(at, text, 'URL must not contain a username or password')
  if (query !== '') errors.invalid(at, text, 'URL must not contain a query')
  if (fragment !== '') errors.invalid(at, text, 'URL must not contain a fragment')
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function checkAudiences(errors: FieldErrors, at: string, audiences: readonly string[], policy: string): void {
  if (audiences.length === 0) {
    errors.required(`${at}.audiences`, `at least one ${at}.audiences is required`)
    return
  }
  const seen = new Set<string>()
  for (const [i, audience] of audiences.entries()) {
    const where = index(`${at}.audiences`, i)
    if (audience === '') errors.required(where)
    if (seen.has(audience)) errors.duplicate(where, audience)
    seen.add(audience)
  }
  const where = `${at}.audienceMatchPolicy`
  if (audiences.length > 1 && policy !== 'MatchAny') {
    errors.invalid(where, policy, 'audienceMatchPolicy must be MatchAny for multiple audiences')
  } else if (audiences.length === 1 && policy !== '' && policy !== 'MatchAny') {
    errors.invalid(where, policy, 'audienceMatchPolicy must be empty or MatchAny for single audience')
  }
}

function isReserved(key: string): boolean {
  const slash = key.indexOf('/')
  const domain = slash < 0 ? '' : key.slice(0, slash)
  return ['kubernetes.io', 'k8s.io'].some((one) => domain === one || domain.endsWith(`.${one}`))
}

function hasCertificates(pem: string): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
  try {
    return blocks.map((block) => new X509Certificate(block)).length > 0
  } catch {
    return false
  }
}
