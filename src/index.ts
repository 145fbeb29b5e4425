// What `import 'kats'` gives.
export type { KeyPair, Logger, NamedKeyPair, ServerConfig, ServerOptions, TlsVersion } from './server/index.js'
