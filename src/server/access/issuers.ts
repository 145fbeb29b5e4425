import {
  expressionCompiler,
  type JwtAuthenticators,
  noExpressions,
  type TokenAuthenticator,
} from '../../authn/index.js'
import type { ServerConfig } from '../config.js'
import type { Logger } from '../logs/logger.js'
import type { AccessMetrics } from '../metrics/index.js'
import {
  authenticationConfiguration,
  type CheckedAuthentication,
  checkAlgorithms,
  jwtAuthenticators,
} from './authentication-source.js'
import { readWholeFile } from './authorization-source.js'
import { FollowedFile, PassingProblem } from './followed-file.js'

/** How long new issuers may take to answer before the old configuration stays. */
const readyMs = 60_000
/** How long requests that are being judged by issuers of before may take. */
const graceMs = 60_000

/** The issuers of tokens, kept equal to the file of --authentication-config. */
export interface Issuers {
  readonly tokens: TokenAuthenticator
  /** Whether requests without credentials are let in, and for which paths; undefined: they are not. */
  readonly anonymous: { readonly paths: readonly string[] } | undefined
  close(): void
}

/**
 * Source: kubernetes pkg/kubeapiserver/options/authentication.go and authenticator/config.go.
 *
 * @throws Error if the flags or the file say something that cannot be
 */
export async function issuersOf(config: ServerConfig, log: Logger, metrics: AccessMetrics): Promise<Issuers> {
  const { authentication, environment } = config
  const { configFile } = authentication
  if (configFile === '') checkAlgorithms(authentication.oidc.signingAlgorithms)
  const initial = configFile === '' ? undefined : readInitial(configFile)
  const compiler = initial === undefined ? noExpressions() : await expressionCompiler()
  const checked = await authenticationConfiguration(config, initial, compiler)
  const told = checked.configuration.anonymous
  if (told !== undefined && authentication.anonymousGiven) {
    throw new Error(
      'anonymous: Forbidden: --anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file',
    )
  }
  const anonymous =
    told === undefined
      ? authentication.anonymous
        ? { paths: [] }
        : undefined
      : told.enabled
        ? { paths: told.paths }
        : undefined

  const made = (what: CheckedAuthentication): JwtAuthenticators =>
    jwtAuthenticators(what, compiler, config, log, metrics)
  let current = made(checked)
  const retired = new Set<JwtAuthenticators>()
  const closing = new AbortController()
  const retire = (before: JwtAuthenticators, after: JwtAuthenticators): void => {
    retired.add(before)
    setTimeout(() => {
      retired.delete(before)
      before.close()
      const kept = new Set(after.all.map(({ issuer }) => issuer))
      for (const { issuer } of before.all) if (!kept.has(issuer)) metrics.issuerRemoved(issuer)
    }, graceMs).unref()
  }
  const followed =
    initial === undefined
      ? undefined
      : new FollowedFile(configFile, initial, async (bytes) => {
          const next = await authenticationConfiguration(config, bytes, compiler, true)
          if (JSON.stringify(next.configuration.anonymous) !== JSON.stringify(told)) {
            throw new Error('anonymous: Forbidden: changed from initial configuration file')
          }
          const coming = made(next)
          await untilReady(coming, closing.signal)
          const before = current
          current = coming
          retire(before, coming)
        }).follow('authentication', log, metrics.authenticationConfig, environment.now)
  return {
    tokens: { authenticateToken: (token, audiences) => current.authenticateToken(token, audiences) },
    anonymous,
    close() {
      closing.abort()
      followed?.close()
      current.close()
      for (const one of retired) one.close()
    },
  }
}

function readInitial(file: string): Buffer {
  try {
    return readWholeFile(file)
  } catch (error) {
    const why = (error as Error).message
    throw new Error(`failed to load authentication configuration from file ${JSON.stringify(file)}: ${why}`)
  }
}

/** @throws PassingProblem if not all have answered in time; they are closed then */
async function untilReady(coming: JwtAuthenticators, signal: AbortSignal): Promise<void> {
  let end = (): void => {}
  const late = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, readyMs).unref()
    end = () => {
      clearTimeout(timer)
      resolve()
    }
    signal.addEventListener('abort', end, { once: true })
  })
  await Promise.race([Promise.all(coming.all.map(({ ready }) => ready)), late])
  end()
  signal.removeEventListener('abort', end)
  const { problems } = coming
  if (problems.length === 0 && !signal.aborted) return
  coming.close()
  throw new PassingProblem(problems.map(({ message }) => message).join(', '))
}
