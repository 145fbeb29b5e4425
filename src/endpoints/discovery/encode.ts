import { encodeBody, encodeProtobufAs } from '../../codec/index.js'
import type { DiscoveryDocument } from './documents.js'

export interface Form {
  readonly mediaType: 'application/json' | 'application/yaml' | 'application/vnd.kubernetes.protobuf'
}

/** The forms of discovery documents, the preferred one first. */
export const forms: readonly Form[] = [
  { mediaType: 'application/json' },
  { mediaType: 'application/yaml' },
  { mediaType: 'application/vnd.kubernetes.protobuf' },
]

/** The bytes of a document. Plain JSON is made once and kept, the other forms are made for every request. */
export function encodeDocument(
  document: DiscoveryDocument,
  { mediaType }: Form,
  pretty: boolean,
): Promise<Buffer> | Buffer {
  switch (mediaType) {
    case 'application/json':
      return pretty ? Buffer.from(JSON.stringify(document.value, undefined, 2)) : document.json
    case 'application/yaml':
      return encodeBody(mediaType, document.value, pretty)
    case 'application/vnd.kubernetes.protobuf':
      return encodeProtobufAs(document.type, document.value)
  }
}
