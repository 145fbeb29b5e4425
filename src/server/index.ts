// What cli, main and users of the library may use of server/.
export { type CertificateOptions, createCertificate, type PemPair } from './certificates/certificate.js'
export { pairInFolder, writePrivate } from './certificates/self-signed.js'
export { completeConfig } from './config/complete.js'
export { type FeatureGates, featureGates } from './config/feature-gates.js'
export { knownVersions } from './config/known-versions.js'
export { type EnabledApis, enabledApis, type KnownVersion } from './config/runtime-config.js'
export { validateConfig } from './config/validate.js'
export type {
  AuthorizationMode,
  KeyPair,
  LogFormat,
  NamedKeyPair,
  ServerConfig,
  ServerOptions,
  TlsVersion,
} from './config.js'
export { createLogger, silentLogger } from './logs/create-logger.js'
export type { LoggerOptions } from './logs/line-writer.js'
export type { LogFields, Logger } from './logs/logger.js'
export type { CreateServer, Server } from './server.js'
export { gitVersion } from './version.js'
