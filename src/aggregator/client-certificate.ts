import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { watchFiles } from '../http/index.js'
import type { ClientCertificate } from './backend.js'

export interface CertificateFiles {
  readonly current: ClientCertificate
  close(): void
}

/**
 * A certificate and its key out of files, read again when they change; what cannot be used leaves the old pair in its place.
 *
 * @throws Error if there is no usable pair to begin with
 */
export function clientCertificateFiles(
  certFile: string,
  keyFile: string,
  intervalMs: number,
  changed: () => void,
  failed: (error: unknown) => void,
): CertificateFiles {
  let current = readPair(certFile, keyFile)
  const watched = watchFiles([certFile, keyFile], intervalMs, () => {
    try {
      current = readPair(certFile, keyFile)
    } catch (error) {
      failed(error)
      return
    }
    changed()
  })
  return {
    get current() {
      return current
    },
    close: () => watched.close(),
  }
}

function readPair(certFile: string, keyFile: string): ClientCertificate {
  const cert = readFileSync(certFile, 'utf8')
  const key = readFileSync(keyFile, 'utf8')
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new Error(`${keyFile} is not the key of ${certFile}`)
  return { cert, key }
}
