// What cli, main and users of the library may use of server/.
export { type CertificateOptions, createCertificate, type PemPair } from './certificates/certificate.js'
export { writePrivate } from './certificates/self-signed.js'
export { completeConfig } from './config/complete.js'
export { validateConfig } from './config/validate.js'
export type {
  AuthorizationMode,
  AuthorizationWebhookOptions,
  EtcdOptions,
  KeyPair,
  LogFormat,
  NamedKeyPair,
  OidcOptions,
  ServerConfig,
  ServerOptions,
  TlsVersion,
  TokenWebhookOptions,
} from './config.js'
export { createServer } from './create-server.js'
export { createLogger } from './logs/create-logger.js'
export type { LogFields, Logger } from './logs/logger.js'
export type { CreateServer, Server } from './server.js'
export { defragment, openMaintenance, type StoreMaintenance } from './storage/maintenance.js'
export { gitVersion } from './version.js'
