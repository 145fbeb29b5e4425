import type { PublicKeySource } from '../public-keys.js'
import { payloadOf, type TokenIssuer } from '../token-issuer.js'
import { callCode } from './call-code.js'
import { checkHeader } from './check-header.js'
import { ExternalKeys, type ExternalKeysOptions } from './external-keys.js'
import { openSignerService, type SignerService } from './signer-service.js'

export interface ExternalSignerOptions extends ExternalKeysOptions {
  /** Path of the program's socket; `@name` for an abstract one. */
  readonly endpoint: string
  /** `--service-account-issuer`, the first of them. */
  readonly issuer: string
  /** A call to the program is over. */
  readonly called: (method: string, code: string, seconds: number) => void
  /** A token was made, or not. */
  readonly signed: (code: string) => void
}

/** Another program that signs service account tokens. */
export interface ExternalSigner extends TokenIssuer {
  readonly keys: PublicKeySource
  /** How long tokens may live at most. */
  readonly maxTokenExpirationSeconds: bigint
  close(): void
}

const metadataMs = 10_000

/**
 * Asks the program of `--service-account-signing-endpoint` for its keys and what it can do. It is waited for a minute.
 * Source: kubernetes pkg/serviceaccount/externaljwt/plugin.
 *
 * @throws Error that says why there is no such program
 */
export async function openExternalSigner(options: ExternalSignerOptions): Promise<ExternalSigner> {
  const { endpoint, issuer } = options
  const service = openSignerService(endpoint, options.called)
  const keys = new ExternalKeys(service, options)
  const close = (): void => {
    keys.close()
    service.close()
  }
  try {
    await keys.open()
    const { maxTokenExpirationSeconds } = await service.metadata(Date.now() + metadataMs)
    return {
      keys,
      maxTokenExpirationSeconds,
      close,
      async issue(claims, deadline = Date.now() + metadataMs) {
        try {
          const token = await sign(service, keys, payloadOf(claims, issuer), deadline)
          options.signed('OK')
          return token
        } catch (error) {
          options.signed(callCode(error))
          throw error
        }
      },
    }
  } catch (error) {
    close()
    throw new Error(`while setting up external-jwt-signer: ${(error as Error).message}`, { cause: error })
  }
}

async function sign(service: SignerService, keys: ExternalKeys, payload: string, deadline: number): Promise<string> {
  const { header = '', signature = '' } = await service.sign(payload, deadline).catch((error: unknown) => {
    throw new Error(`while signing jwt: ${(error as Error).message}`, { cause: error })
  })
  try {
    const id = checkHeader(header)
    const named = await keys.find(id)
    if (named.some((key) => key.isUndisclosed === true))
      throw new Error(`key used for signing JWT (kid: ${id}) is excluded from OIDC discovery docs`)
  } catch (error) {
    throw new Error(`while validating header: ${(error as Error).message}`, { cause: error })
  }
  if (signature === '') throw new Error('empty signature returned')
  return `${header}.${payload}.${signature}`
}
