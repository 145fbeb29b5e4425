import { badRequest } from '../api/index.js'
import type { BodyReader } from '../codec/index.js'

/** Media types beside JSON and YAML, in the order in which refusals list them. */
export const bodyReaders: ReadonlyMap<string, BodyReader> = new Map([
  [
    'application/vnd.kubernetes.protobuf',
    () => {
      throw badRequest('bodies in protobuf are not read yet: send application/json or application/yaml')
    },
  ],
])

/** The same for DeleteOptions. */
export const optionReaders: ReadonlyMap<string, (body: Buffer) => unknown> = new Map([
  [
    'application/vnd.kubernetes.protobuf',
    () => {
      throw badRequest('bodies in protobuf are not read yet: send application/json or application/yaml')
    },
  ],
])
