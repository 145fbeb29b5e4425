import { DerError, expectDer, objectIdentifier, oidText, readDer, sequence } from './der.js'

export interface AlternativeNames {
  readonly dns: readonly string[]
  readonly emails: readonly string[]
}

const subjectAltName = '2.5.29.17'
const contextSpecific = 2
const [email, dns, uri] = [1, 2, 6]
const extensionsTag = 3
const octetString = 4

/** The subject's alternative names of a certificate in DER; undefined where Go would not read them: they are ASCII. */
export function alternativeNames(der: Buffer): AlternativeNames | undefined {
  try {
    return namesIn(extensionOf(der))
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}

/** Certificate ::= SEQUENCE { tbs SEQUENCE { ..., [3] SEQUENCE OF SEQUENCE { type, critical DEFAULT FALSE, value } }, ... }. */
function extensionOf(der: Buffer): Buffer {
  const certificate = expectDer(der, sequence, 'certificate')
  for (let parts = expectDer(certificate.content, sequence, 'tbsCertificate').content; parts.length > 0; ) {
    const part = readDer(parts)
    parts = part.rest
    if (part.tagClass !== contextSpecific || part.tag !== extensionsTag) continue
    for (let list = expectDer(part.content, sequence, 'extensions').content; list.length > 0; ) {
      const extension = expectDer(list, sequence, 'extension')
      list = extension.rest
      const type = expectDer(extension.content, objectIdentifier, 'ObjectIdentifier')
      if (oidText(type.content) !== subjectAltName) continue
      const next = readDer(type.rest)
      return next.tag === octetString ? next.content : expectDer(next.rest, octetString, '[]uint8').content
    }
  }
  return Buffer.alloc(0)
}

function namesIn(extension: Buffer): AlternativeNames | undefined {
  const names = { dns: [] as string[], emails: [] as string[] }
  if (extension.length === 0) return names
  for (let list = expectDer(extension, sequence, 'names').content; list.length > 0; ) {
    const { tagClass, tag, content, rest } = readDer(list)
    list = rest
    if (tagClass !== contextSpecific || (tag !== email && tag !== dns && tag !== uri)) continue
    if (content.some((byte) => byte > 0x7f)) return undefined
    if (tag === dns) names.dns.push(content.toString('latin1'))
    if (tag === email) names.emails.push(content.toString('latin1'))
  }
  return names
}
