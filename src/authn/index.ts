// What other folders may use of authn/.
export {
  type Authenticator,
  CredentialError,
  type TokenAuthenticator,
  type TokenIdentity,
} from './authenticator.js'
export { bearerTokens, webSocketTokens } from './bearer.js'
export { bootstrapTokens } from './bootstrap-tokens.js'
export { CaBundle } from './ca-bundle.js'
export { clientCertificates } from './client-certificate.js'
export {
  type ExternalSigner,
  type ExternalSignerOptions,
  openExternalSigner,
} from './external-signer/open-external-signer.js'
export {
  type AuthenticationConfiguration,
  type JwtConfiguration,
  jwtOfFlags,
  readAuthenticationConfiguration,
} from './oidc/configuration.js'
export {
  type ExpressionCompiler,
  expressionCompiler,
  type JwtExpressions,
  noExpressions,
} from './oidc/expressions.js'
export { JwtAuthenticator } from './oidc/jwt-authenticator.js'
export { JwtAuthenticators } from './oidc/jwt-authenticators.js'
export { signingAlgorithms } from './oidc/token-verifier.js'
export { validateAuthenticationConfiguration } from './oidc/validation.js'
export { type OpenIdMetadata, type OpenIdOptions, openIdMetadata } from './openid-metadata.js'
export { type PublicKey, type PublicKeySource, parsePublicKeys, staticKeys } from './public-keys.js'
export { dropHeaders, type RequestHeaderOptions, requestHeaders, unescapeKey } from './request-header.js'
export {
  lastUsed,
  type ServiceAccountLookups,
  type ServiceAccountOptions,
  secretTokens,
  serviceAccountTokens,
  type TokenKind,
} from './service-account.js'
export { staticTokens } from './static-tokens.js'
export { cachedTokens, type TokenCacheObserver, type TokenCacheOptions } from './token-cache.js'
export { type TokenIssuer, tokenIssuer } from './token-issuer.js'
export { tokenReviewVersions, webhookTokens } from './token-webhook.js'
export {
  type AnonymousOptions,
  addGroup,
  audienceAgnostic,
  authenticatorUnion,
  tokenUnion,
  withGroups,
} from './union.js'
