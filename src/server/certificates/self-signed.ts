import { X509Certificate } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createCertificate, type PemPair } from './certificate.js'

const hour = 3_600_000
const year = 365 * 24 * hour

export interface SelfSignedOptions {
  /** The name or address by which the server is mostly called. */
  readonly host: string
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
  /** Milliseconds since 1970. */
  readonly now: number
}

/** A serving certificate, valid for a year, followed by that of the throw-away authority that signed it. */
export function selfSigned({ host, dnsNames, ipAddresses, now }: SelfSignedOptions): PemPair {
  const [notBefore, notAfter] = [new Date(now - hour), new Date(now + year)]
  const stamp = Math.floor(now / 1000)
  const authority = createCertificate({ commonName: `${host}-ca@${stamp}`, usage: 'authority', notBefore, notAfter })
  const leaf = createCertificate(
    { commonName: `${host}@${stamp}`, usage: 'server', dnsNames, ipAddresses, notBefore, notAfter },
    authority,
  )
  return { cert: leaf.cert + authority.cert, key: leaf.key }
}

/**
 * The pair in `folder`: the one that is there, or a new one from `make` if there is none, it cannot be read or it has
 * expired.
 *
 * @returns the names of the files
 */
export function pairInFolder(
  folder: string,
  name: string,
  now: number,
  make: () => PemPair,
): { readonly certFile: string; readonly keyFile: string } {
  const files = { certFile: join(folder, `${name}.crt`), keyFile: join(folder, `${name}.key`) }
  if (!usable(files, now)) {
    const { cert, key } = make()
    writePrivate(files.keyFile, key)
    writeWhole(files.certFile, cert, 0o644)
  }
  return files
}

/** Writes a file that only its owner may read, all of it or nothing. */
export const writePrivate = (file: string, text: string): void => writeWhole(file, text, 0o600)

function usable({ certFile, keyFile }: { certFile: string; keyFile: string }, now: number): boolean {
  try {
    const certificate = new X509Certificate(readFileSync(certFile))
    return readFileSync(keyFile).length > 0 && Date.parse(certificate.validTo) > now
  } catch {
    return false
  }
}

function writeWhole(file: string, text: string, mode: number): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 })
  const part = `${file}.part`
  writeFileSync(part, text, { mode })
  // A file that was left behind keeps its mode.
  chmodSync(part, mode)
  renameSync(part, file)
}
