import { readFileSync } from 'node:fs'
import type { AdmissionChain } from '../admission/index.js'
import { addGroup, type TokenAuthenticator } from '../authn/index.js'
import { type Authorizer, attributesOf, forbiddenError } from '../authz/index.js'
import type { EndpointEnvironment } from '../endpoints/index.js'
import type { RequestContext } from '../http/index.js'
import type { GenericRegistry, SubresourceHandler, VirtualResource } from '../registry/index.js'
import {
  type HandlerOptions,
  type KubeletOptions,
  subresourceHandlers,
  type TokenCheck,
  type TokenRequestOptions,
  virtualResources,
} from '../subresources/index.js'
import type { AccountTokens } from './account-tokens.js'
import type { ServerConfig } from './config.js'

/** What handlers need of the server they are part of. It is there by the time the first request comes, not before. */
export interface HandlerParts {
  readonly registries: ReadonlyMap<string, GenericRegistry>
  readonly admission: AdmissionChain
  readonly authorizer: Authorizer
  readonly tokens: TokenAuthenticator | undefined
  readonly environment: Pick<EndpointEnvironment, 'watches'>
}

export interface BuiltinHandlers {
  readonly handlers: ReadonlyMap<string, SubresourceHandler>
  readonly virtual: ReadonlyMap<string, VirtualResource>
  /** Subresources that this server does not have, by `group/resource/subresource`. */
  readonly missing: ReadonlySet<string>
}

/**
 * What built-in resources do that is not plain reading and writing of objects.
 *
 * @throws Error if a file that a flag names cannot be read or is none of its kind
 */
export function builtinHandlers(
  config: ServerConfig,
  accountTokens: AccountTokens,
  enabled: (gate: string) => boolean,
  parts: () => HandlerParts,
): BuiltinHandlers {
  const { authentication, environment } = config
  const tokens = tokenRequestOptions(config, accountTokens)
  const options: HandlerOptions = {
    environment: {
      registry(resource) {
        const found = parts().registries.get(resource)
        if (found === undefined) throw new Error(`${resource} is not served`)
        return found
      },
      admission: () => parts().admission,
      now: environment.now,
      enabled,
      authorize: (question) => parts().authorizer.authorize(question),
    },
    kubelets: kubeletOptions(config),
    mayCreate: (context) => mayCreate(parts().authorizer, context),
    streams: () => parts().environment.watches,
    random: environment.random,
    tokens,
    tokenCheck: () => checkOf(parts().tokens),
    audiences: authentication.apiAudiences,
    rulesFor: (user, namespace) =>
      parts().authorizer.rulesFor?.(user, namespace) ?? {
        resourceRules: [],
        nonResourceRules: [],
        incomplete: true,
        errors: [],
      },
  }
  return {
    handlers: subresourceHandlers(options),
    virtual: virtualResources(options),
    missing: new Set(tokens === undefined ? ['/serviceaccounts/token'] : []),
  }
}

async function mayCreate(authorizer: Authorizer, context: RequestContext): Promise<void> {
  const attributes = { ...attributesOf(context), verb: 'create' }
  const { verdict, reason } = await authorizer.authorize(attributes)
  if (verdict !== 'allow') throw forbiddenError(attributes, reason)
}

/** Tokens as reviews see them: their users are authenticated. */
function checkOf(tokens: TokenAuthenticator | undefined): TokenCheck | undefined {
  if (tokens === undefined) return undefined
  return async (token, audiences) => {
    const found = await tokens.authenticateToken(token, audiences)
    return found === undefined ? undefined : { user: addGroup(found.user), audiences: found.audiences }
  }
}

function tokenRequestOptions(
  { authentication }: ServerConfig,
  { issuer, maxExpirationSeconds, extendedSeconds }: AccountTokens,
): TokenRequestOptions | undefined {
  if (issuer === undefined) return undefined
  return {
    issue: (claims, deadline) => issuer.issue(claims, deadline),
    audiences: authentication.apiAudiences,
    maxExpirationSeconds,
    extendExpiration: authentication.serviceAccounts.extendTokenExpiration,
    extendedSeconds,
  }
}

function kubeletOptions({ kubelets, egress }: ServerConfig): KubeletOptions {
  const { clientCertFile, clientKeyFile, certificateAuthorityFile, preferredAddressTypes } = kubelets
  return {
    preferredAddressTypes,
    dial: egress.dialers.cluster,
    tls: {
      ...(clientCertFile === '' ? {} : { cert: readFileSync(clientCertFile), key: readFileSync(clientKeyFile) }),
      ...(certificateAuthorityFile === ''
        ? { rejectUnauthorized: false }
        : { ca: readFileSync(certificateAuthorityFile), allowPartialTrustChain: true }),
    },
  }
}
