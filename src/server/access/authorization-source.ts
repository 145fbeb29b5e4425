import { readFileSync, statSync } from 'node:fs'
import {
  type AuthorizationConfiguration,
  type MatchConditionCompiler,
  readAuthorizationConfiguration,
  validateAuthorizationConfiguration,
} from '../../authz/index.js'
import type { ServerConfig } from '../config.js'

/** The configuration that the flags stand for, which say it the older way. Source: kubernetes pkg/kubeapiserver/options/authorization.go. */
export function configurationOfModes({ modes, webhook }: ServerConfig['authorization']): AuthorizationConfiguration {
  return {
    authorizers: modes.map((type) =>
      type !== 'Webhook'
        ? { type, name: type.toLowerCase(), webhook: undefined }
        : {
            type,
            name: 'default',
            webhook: {
              authorizedTtl: nanoseconds(webhook.authorizedTtlMs),
              cacheAuthorizedRequests: webhook.authorizedTtlMs !== 0,
              unauthorizedTtl: nanoseconds(webhook.unauthorizedTtlMs),
              cacheUnauthorizedRequests: webhook.unauthorizedTtlMs !== 0,
              timeout: nanoseconds(30_000),
              subjectAccessReviewVersion: webhook.version,
              matchConditionSubjectAccessReviewVersion: '',
              failurePolicy: 'NoOpinion',
              connectionType: 'KubeConfigFile',
              kubeConfigFile: webhook.configFile,
              matchConditions: [],
            },
          },
    ),
  }
}

const nanoseconds = (ms: number): bigint => BigInt(Math.round(ms * 1e6))

/**
 * Reads and checks the file of --authorization-config.
 *
 * @param requiredTypes that it has to have, apart from webhooks
 * @throws Error that says what is wrong
 */
export async function loadAuthorizationConfiguration(
  bytes: Buffer,
  conditions: () => Promise<MatchConditionCompiler>,
  requiredTypes?: ReadonlySet<string>,
): Promise<AuthorizationConfiguration> {
  let configuration: AuthorizationConfiguration
  try {
    configuration = await readAuthorizationConfiguration(bytes)
  } catch (error) {
    throw new Error(`failed to load AuthorizationConfiguration from file: ${(error as Error).message}`)
  }
  // The engine is loaded where somebody has expressions.
  const hasConditions = configuration.authorizers.some(({ webhook }) => (webhook?.matchConditions.length ?? 0) > 0)
  const compiler = hasConditions ? await conditions() : undefined
  const expressionProblem = (expression: string): string | undefined => compiler?.problem(expression)
  const checks = { fileProblem, expressionProblem, ...(requiredTypes === undefined ? {} : { requiredTypes }) }
  validateAuthorizationConfiguration(configuration, checks)
  return configuration
}

function fileProblem(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return `error loading file: stat ${path}: no such file or directory`
  return stats.isFile() ? undefined : 'must be a regular file'
}

/** @throws Error in Go's words */
export function readWholeFile(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(code === 'ENOENT' ? `open ${file}: no such file or directory` : message)
  }
}
