import { encodeBody, encodeProtobufAs } from '../../codec/index.js'
import type { MediaType } from '../negotiate.js'
import type { DiscoveryDocument } from './documents.js'

export interface Form {
  readonly mediaType: MediaType
}

/** The forms of discovery documents, the preferred one first. */
export const forms: readonly Form[] = [
  { mediaType: 'application/json' },
  { mediaType: 'application/yaml' },
  { mediaType: 'application/vnd.kubernetes.protobuf' },
]
export const formsWithCbor: readonly Form[] = [...forms, { mediaType: 'application/cbor' }]

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
    case 'application/cbor':
      return encodeBody(mediaType, document.value, pretty)
    case 'application/vnd.kubernetes.protobuf':
      return encodeProtobufAs(document.type, document.value)
  }
}
