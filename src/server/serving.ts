import type { ListenOptions } from '../http/index.js'
import { certificateReloadMs } from './client-authorities.js'
import type { KeyPair, ServerConfig, TlsVersion } from './config.js'
import type { Logger } from './logs/logger.js'

/** What the listener needs to know, out of the configuration. */
export function listenOptions(
  { secureServing, authentication }: ServerConfig,
  log: Logger,
  onHandshakeFailed: () => void,
  handler: ListenOptions['handler'],
): ListenOptions {
  const caFiles = [authentication.clientCaFile, authentication.requestHeader.clientCaFile].filter((file) => file !== '')
  return {
    handler,
    certificate: source(secureServing.certificate),
    sni: secureServing.sniCertificates.map(({ pair, names }) => ({
      source: source(pair),
      ...(names.length === 0 ? {} : { names }),
    })),
    ...(caFiles.length === 0 ? {} : { clientCa: { caFiles } }),
    reloadMs: certificateReloadMs,
    bindAddress: secureServing.bindAddress,
    port: secureServing.port,
    minVersion: nodeVersion[secureServing.minTlsVersion],
    ...(secureServing.cipherSuites.length === 0 ? {} : { cipherSuites: secureServing.cipherSuites }),
    curves: secureServing.curvePreferences,
    http2: secureServing.http2,
    maxStreams: secureServing.http2MaxStreamsPerConnection,
    hooks: {
      handshakeFailed(error) {
        onHandshakeFailed()
        log.info(2, 'TLS handshake failed', { err: error.message })
      },
      reloadFailed: (error) => log.error(error, 'A changed certificate cannot be used; the old one stays'),
      reloaded: () => log.info(1, 'Certificates were read again'),
    },
  }
}

const source = (pair: KeyPair) =>
  pair.kind === 'files' ? { certFile: pair.certFile, keyFile: pair.keyFile } : { cert: pair.cert, key: pair.key }

const nodeVersion: Readonly<Record<TlsVersion, 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'>> = {
  VersionTLS10: 'TLSv1',
  VersionTLS11: 'TLSv1.1',
  VersionTLS12: 'TLSv1.2',
  VersionTLS13: 'TLSv1.3',
}
