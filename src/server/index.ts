// What cli, main and users of the library may use of server/.
export { type CertificateOptions, createCertificate, type PemPair } from './certificates/certificate.js'
export { writePrivate } from './certificates/self-signed.js'
export { completeConfig } from './config/complete.js'
export { validateConfig } from './config/validate.js'
export type {
  AuthorizationMode,
  EtcdOptions,
  KeyPair,
  LogFormat,
  NamedKeyPair,
  ServerConfig,
  ServerOptions,
  TlsVersion,
} from './config.js'
export { createServer } from './create-server.js'
export { createLogger } from './logs/create-logger.js'
export type { LogFields, Logger } from './logs/logger.js'
export type { CreateServer, Server } from './server.js'
export { gitVersion } from './version.js'
