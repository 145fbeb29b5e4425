import { decodeConfiguration, type Fields } from '../../codec/index.js'

/** Who may issue tokens, and whether requests without any are let in: the file of `--authentication-config`. */
export interface AuthenticationConfiguration {
  readonly jwt: readonly JwtConfiguration[]
  /** Undefined: nothing is said of it. */
  readonly anonymous: AnonymousConfiguration | undefined
}

export interface AnonymousConfiguration {
  readonly enabled: boolean
  /** Paths for which it is enabled; empty: all. */
  readonly paths: readonly string[]
}

/** One issuer of tokens. Empty strings: not given; checked by `validateAuthenticationConfiguration`. */
export interface JwtConfiguration {
  readonly issuer: {
    readonly url: string
    readonly discoveryUrl: string
    /** PEM. */
    readonly certificateAuthority: string
    readonly audiences: readonly string[]
    readonly audienceMatchPolicy: string
    readonly egressSelectorType: string
  }
  readonly claimValidationRules: readonly ClaimValidationRule[]
  readonly claimMappings: {
    readonly username: PrefixedClaim
    readonly groups: PrefixedClaim
    readonly uid: ClaimOrExpression
    readonly extra: readonly { readonly key: string; readonly valueExpression: string }[]
  }
  readonly userValidationRules: readonly { readonly expression: string; readonly message: string }[]
}

export interface ClaimValidationRule {
  readonly claim: string
  readonly requiredValue: string
  readonly expression: string
  readonly message: string
}

export interface ClaimOrExpression {
  readonly claim: string
  readonly expression: string
}

export interface PrefixedClaim extends ClaimOrExpression {
  /** Undefined: not given, which is something else than empty. */
  readonly prefix: string | undefined
}

const versions = ['v1', 'v1beta1', 'v1alpha1'].map((version) => `apiserver.config.k8s.io/${version}`)

/** @throws Error that says why it cannot be read */
export async function readAuthenticationConfiguration(bytes: Buffer): Promise<AuthenticationConfiguration> {
  if (bytes.length === 0) throw new Error('empty config data')
  const fields = await decodeConfiguration(bytes, 'AuthenticationConfiguration', versions)
  const jwt = fields.list('jwt', 'JWTAuthenticator').map(jwtOf)
  const anonymous =
    fields.raw('anonymous') === undefined ? undefined : anonymousOf(fields.object('anonymous', 'AnonymousAuthConfig'))
  fields.done()
  return { jwt, anonymous }
}

function anonymousOf(fields: Fields): AnonymousConfiguration {
  const enabled = fields.flag('enabled')
  const paths = fields
    .list('conditions', 'AnonymousAuthCondition')
    .map((condition) => ended(condition, condition.text('path')))
  return ended(fields, { enabled, paths })
}

function jwtOf(fields: Fields): JwtConfiguration {
  const issuer = fields.object('issuer', 'Issuer')
  const mappings = fields.object('claimMappings', 'ClaimMappings')
  return ended(fields, {
    issuer: ended(issuer, {
      url: issuer.text('url'),
      discoveryUrl: issuer.text('discoveryURL'),
      certificateAuthority: issuer.text('certificateAuthority'),
      audiences: issuer.texts('audiences'),
      audienceMatchPolicy: issuer.text('audienceMatchPolicy'),
      egressSelectorType: issuer.text('egressSelectorType'),
    }),
    claimValidationRules: fields.list('claimValidationRules', 'ClaimValidationRule').map((rule) =>
      ended(rule, {
        claim: rule.text('claim'),
        requiredValue: rule.text('requiredValue'),
        expression: rule.text('expression'),
        message: rule.text('message'),
      }),
    ),
    claimMappings: ended(mappings, {
      username: prefixed(mappings.object('username', 'PrefixedClaimOrExpression')),
      groups: prefixed(mappings.object('groups', 'PrefixedClaimOrExpression')),
      uid: plain(mappings.object('uid', 'ClaimOrExpression')),
      extra: mappings
        .list('extra', 'ExtraMapping')
        .map((extra) => ended(extra, { key: extra.text('key'), valueExpression: extra.text('valueExpression') })),
    }),
    userValidationRules: fields
      .list('userValidationRules', 'UserValidationRule')
      .map((rule) => ended(rule, { expression: rule.text('expression'), message: rule.text('message') })),
  })
}

const plain = (fields: Fields): ClaimOrExpression =>
  ended(fields, { claim: fields.text('claim'), expression: fields.text('expression') })

const prefixed = (fields: Fields): PrefixedClaim =>
  ended(fields, {
    claim: fields.text('claim'),
    prefix: fields.raw('prefix') === undefined ? undefined : fields.text('prefix'),
    expression: fields.text('expression'),
  })

/** A value all of whose fields have been read. */
function ended<T>(fields: Fields, value: T): T {
  fields.done()
  return value
}

/** What the --oidc-* flags say. */
export interface OidcFlags {
  readonly issuerUrl: string
  readonly clientId: string
  /** PEM; empty: the system's authorities. */
  readonly certificateAuthority: string
  readonly usernameClaim: string
  readonly usernamePrefix: string
  readonly groupsClaim: string
  readonly groupsPrefix: string
  readonly requiredClaims: Readonly<Record<string, string>>
}

/** The same as one issuer. Source: kubernetes pkg/kubeapiserver/options/authentication.go. */
export function jwtOfFlags(flags: OidcFlags): JwtConfiguration {
  const { issuerUrl, usernameClaim, usernamePrefix, groupsClaim } = flags
  const standardPrefix = usernameClaim === 'email' ? '' : `${issuerUrl}#`
  const prefix = usernamePrefix === '-' ? '' : usernamePrefix === '' ? standardPrefix : usernamePrefix
  return {
    issuer: {
      url: issuerUrl,
      discoveryUrl: '',
      certificateAuthority: flags.certificateAuthority,
      audiences: [flags.clientId],
      audienceMatchPolicy: '',
      egressSelectorType: '',
    },
    claimValidationRules: Object.entries(flags.requiredClaims).map(([claim, requiredValue]) => ({
      claim,
      requiredValue,
      expression: '',
      message: '',
    })),
    claimMappings: {
      username: { claim: usernameClaim, prefix, expression: '' },
      groups: {
        claim: groupsClaim,
        prefix: groupsClaim === '' ? undefined : flags.groupsPrefix,
        expression: '',
      },
      uid: { claim: '', expression: '' },
      extra: [],
    },
    userValidationRules: [],
  }
}
