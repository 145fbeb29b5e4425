import { readFileSync } from 'node:fs'
import { formatDuration } from '../api/index.js'
import {
  openExternalSigner,
  type PublicKeySource,
  parsePublicKeys,
  staticKeys,
  type TokenIssuer,
  tokenIssuer,
} from '../authn/index.js'
import type { ServerConfig } from './config.js'
import type { Logger } from './logs/logger.js'
import type { ExternalSignerMetrics } from './metrics/index.js'

/** How service account tokens are made and verified. */
export interface AccountTokens {
  /** Those that verify them; none: no such token is good. */
  readonly keys: PublicKeySource
  /** Undefined: none are made. */
  readonly issuer: TokenIssuer | undefined
  /** Longer requests are cut to it; 0: no limit. */
  readonly maxExpirationSeconds: number
  /** How long tokens live that are mounted into pods. */
  readonly extendedSeconds: number
  close(): void
}

const yearSeconds = 365 * 24 * 3600
const minSeconds = 600
/** What kubelets ask for. */
const mountedSeconds = 3607

/**
 * Keys of files, or a program of its own. Source: kubernetes pkg/controlplane/apiserver/options, completeServiceAccountOptions.
 *
 * @throws Error if a file cannot be read or is none of its kind, or the program does not answer as it must
 */
export async function accountTokensOf(
  config: ServerConfig,
  enabled: (gate: string) => boolean,
  metrics: ExternalSignerMetrics,
): Promise<AccountTokens> {
  const { serviceAccounts } = config.authentication
  const tokens =
    serviceAccounts.signingEndpoint === ''
      ? ofFiles(serviceAccounts)
      : await ofProgram(config, serviceAccounts.signingEndpoint, enabled, metrics)
  if (tokens.issuer !== undefined) warn(config, tokens, config.logs.logger)
  return tokens
}

type Accounts = ServerConfig['authentication']['serviceAccounts']

function ofFiles({ keyFiles, signingKeyFile, issuers, maxTokenExpirationMs }: Accounts): AccountTokens {
  const keys = keyFiles.flatMap((file) => {
    const pem = readFileSync(file)
    try {
      return parsePublicKeys(pem)
    } catch (error) {
      throw new Error(`error reading public key file ${file}: ${(error as Error).message}`)
    }
  })
  const issuer = issuers[0]
  return {
    keys: staticKeys(keys),
    issuer:
      signingKeyFile === '' || issuer === undefined ? undefined : tokenIssuer(readFileSync(signingKeyFile), issuer),
    maxExpirationSeconds: Math.floor(maxTokenExpirationMs / 1000),
    extendedSeconds: yearSeconds,
    close: () => undefined,
  }
}

async function ofProgram(
  { authentication, environment, logs }: ServerConfig,
  endpoint: string,
  enabled: (gate: string) => boolean,
  metrics: ExternalSignerMetrics,
): Promise<AccountTokens> {
  if (!enabled('ExternalServiceAccountTokenSigner'))
    throw new Error(
      'setting `--service-account-signing-endpoint` requires enabling ExternalServiceAccountTokenSigner feature gate',
    )
  const { issuers, maxTokenExpirationMs } = authentication.serviceAccounts
  const signer = await openExternalSigner({
    endpoint,
    issuer: issuers[0]!,
    now: environment.now,
    called: metrics.called,
    fetched: metrics.fetched,
    signed: metrics.signed,
    failed: (message) => logs.logger.warn(message),
  })
  const longest = Number(signer.maxTokenExpirationSeconds)
  const problem = lifetimeProblem(longest, maxTokenExpirationMs)
  if (problem !== undefined) {
    signer.close()
    throw new Error(problem)
  }
  return {
    keys: signer.keys,
    issuer: signer,
    maxExpirationSeconds: maxTokenExpirationMs === 0 ? longest : Math.floor(maxTokenExpirationMs / 1000),
    extendedSeconds: Math.min(longest, yearSeconds),
    close: () => signer.close(),
  }
}

function lifetimeProblem(longest: number, askedMs: number): string | undefined {
  if (longest < minSeconds)
    return `max token life supported by external-jwt-signer (${longest}s) is less than acceptable (min ${minSeconds}s)`
  if (askedMs <= longest * 1000) return undefined
  const asked = formatDuration(BigInt(askedMs) * 1_000_000n)
  return `service-account-max-token-expiration cannot be set longer than the token expiration supported by service-account-signing-endpoint: ${asked} > ${lifetime(longest)}`
}

const lifetime = (seconds: number): string => formatDuration(BigInt(seconds) * 1_000_000_000n)

/** Of what may surprise who asks for tokens of pods. */
function warn({ authentication }: ServerConfig, { maxExpirationSeconds: longest }: AccountTokens, log: Logger): void {
  const { extendTokenExpiration, signingEndpoint } = authentication.serviceAccounts
  if (!extendTokenExpiration || longest === 0) return
  const isProgram = signingEndpoint !== ''
  const on = 'service-account-extend-token-expiration is true,'
  const now = lifetime(longest)
  if (longest < mountedSeconds)
    log.warn(
      isProgram
        ? `${on} in order to correctly trigger safe transition logic, token lifetime supported by external-jwt-signer must be longer than ${mountedSeconds} seconds (currently ${now})`
        : `${on} in order to correctly trigger safe transition logic, service-account-max-token-expiration must be set longer than ${mountedSeconds} seconds (currently ${now})`,
    )
  if (longest < yearSeconds)
    log.warn(
      isProgram
        ? `${on} tokens validity will be caped at the smaller of ${yearSeconds} seconds and maximum token lifetime supported by external-jwt-signer (${now})`
        : `${on} enabling tokens valid up to ${yearSeconds} seconds, which is longer than service-account-max-token-expiration set to ${now}`,
    )
}
