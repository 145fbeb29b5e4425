// What `import 'kats'` gives.
export {
  createServer,
  type KeyPair,
  type LogFields,
  type Logger,
  type NamedKeyPair,
  type Server,
  type ServerConfig,
  type ServerOptions,
  type TlsVersion,
} from './server/index.js'
