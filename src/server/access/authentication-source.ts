import {
  type AuthenticationConfiguration,
  type ExpressionCompiler,
  JwtAuthenticator,
  JwtAuthenticators,
  type JwtExpressions,
  jwtOfFlags,
  readAuthenticationConfiguration,
  signingAlgorithms,
  validateAuthenticationConfiguration,
} from '../../authn/index.js'
import type { ServerConfig } from '../config.js'
import type { Logger } from '../logs/logger.js'
import type { AccessMetrics } from '../metrics/index.js'
import { readWholeFile } from './authorization-source.js'

/** A configuration that has been found to be good. */
export interface CheckedAuthentication {
  readonly configuration: AuthenticationConfiguration
  readonly expressions: readonly JwtExpressions[]
}

/**
 * Who may issue tokens, by the flags or by the content of the file of --authentication-config.
 *
 * @param file undefined: there is none
 * @param isFollowing the file is another than the server was started with
 * @throws Error that says what is wrong
 */
export async function authenticationConfiguration(
  { authentication, egress }: ServerConfig,
  file: Buffer | undefined,
  compiler: ExpressionCompiler,
  isFollowing = false,
): Promise<CheckedAuthentication> {
  const configuration = file === undefined ? ofFlags(authentication) : await ofFile(file, authentication.configFile)
  const { issuers } = authentication.serviceAccounts
  const told = isFollowing ? issuers : []
  const { errors, expressions } = validateAuthenticationConfiguration(configuration, compiler, told)
  if (!errors.empty) throw new Error(`invalid authentication configuration: ${errors.message}`)
  // At the start upstream learns of the server's own issuers later, where it no longer knows of which issuer it speaks.
  const own = configuration.jwt.find(({ issuer }) => !isFollowing && issuers.includes(issuer.url))
  if (own !== undefined) {
    const all = [...new Set(issuers)].sort().join(' ')
    throw new Error(
      `issuer.url: Invalid value: ${JSON.stringify(own.issuer.url)}: URL must not overlap with disallowed issuers: [${all}]`,
    )
  }
  const { cluster, controlPlane } = egress.dialers
  for (const { issuer } of configuration.jwt) {
    const { egressSelectorType: place } = issuer
    if (place === '' || (place === 'cluster' ? cluster : controlPlane) !== undefined) continue
    const none = cluster === undefined && controlPlane === undefined
    throw new Error(
      none
        ? `oidc: egress lookup required with egress selector type ${JSON.stringify(place)}`
        : `oidc: egress lookup for ${JSON.stringify(place)} is not configured`,
    )
  }
  return { configuration, expressions }
}

async function ofFile(bytes: Buffer, name: string): Promise<AuthenticationConfiguration> {
  try {
    return await readAuthenticationConfiguration(bytes)
  } catch (error) {
    const why = (error as Error).message
    throw new Error(`failed to load authentication configuration from file ${JSON.stringify(name)}: ${why}`)
  }
}

function ofFlags({ oidc }: ServerConfig['authentication']): AuthenticationConfiguration {
  if (oidc.issuerUrl === '' || oidc.clientId === '') return { jwt: [], anonymous: undefined }
  const certificateAuthority = oidc.caFile === '' ? '' : readWholeFile(oidc.caFile).toString()
  return { jwt: [jwtOfFlags({ ...oidc, certificateAuthority })], anonymous: undefined }
}

/** Starts asking the issuers of a configuration for their keys. */
export function jwtAuthenticators(
  { configuration, expressions }: CheckedAuthentication,
  compiler: ExpressionCompiler,
  { authentication, environment, egress }: ServerConfig,
  log: Logger,
  metrics: AccessMetrics,
): JwtAuthenticators {
  const algorithms = authentication.configFile === '' ? authentication.oidc.signingAlgorithms : signingAlgorithms
  const { now } = environment
  return new JwtAuthenticators(
    configuration.jwt.map((one, i) => {
      const { url, egressSelectorType: place } = one.issuer
      const { cluster, controlPlane } = egress.dialers
      return new JwtAuthenticator({
        configuration: one,
        expressions: expressions[i]!,
        prepare: compiler,
        dial: place === 'cluster' ? cluster : place === 'controlplane' ? controlPlane : undefined,
        algorithms: algorithms.length === 0 ? ['RS256'] : algorithms,
        now,
        failed: (error) => log.error(error, 'oidc authenticator: initializing plugin', { issuer: url }),
        judged: (good, seconds) => metrics.jwtJudged(url, good, seconds),
        onKeys: (document) => metrics.keysFetched(url, document, now()),
      })
    }),
  )
}

/** @throws Error for an algorithm that must not be used */
export function checkAlgorithms(algorithms: readonly string[]): void {
  const unknown = algorithms.find((one) => !signingAlgorithms.includes(one))
  if (unknown !== undefined) throw new Error(`oidc: unsupported signing alg: ${JSON.stringify(unknown)}`)
}
