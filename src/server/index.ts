// What cli, main and users of the library may use of server/.
export type { KeyPair, NamedKeyPair, ServerConfig, ServerOptions, TlsVersion } from './config.js'
export type { LogFields, Logger } from './logs/logger.js'
