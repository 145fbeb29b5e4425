import { decode, encode, localProgram, type Message, RpcChannel, rpcErrorText } from '../../http/index.js'

/** A plugin that keeps the keys that our keys are encrypted with. Source: k8s.io/kms apis/v2. */
export interface KmsService {
  status(): Promise<KmsStatus>
  encrypt(uid: string, plaintext: Buffer): Promise<KmsEncrypted>
  decrypt(uid: string, encrypted: KmsEncrypted): Promise<Buffer>
  close(): void
}

export interface KmsStatus {
  readonly version?: string
  readonly healthz?: string
  readonly keyId?: string
}

export interface Annotation {
  readonly key?: string
  readonly value?: Buffer
}

export interface KmsEncrypted {
  readonly ciphertext?: Buffer
  readonly keyId?: string
  readonly annotations: readonly Annotation[]
}

/** An entry of a map from string to bytes. */
export const annotation: Message = [
  { number: 1, name: 'key', type: 'string' },
  { number: 2, name: 'value', type: 'bytes' },
]
const statusResponse: Message = [
  { number: 1, name: 'version', type: 'string' },
  { number: 2, name: 'healthz', type: 'string' },
  { number: 3, name: 'keyId', type: 'string' },
]
const encryptRequest: Message = [
  { number: 1, name: 'plaintext', type: 'bytes' },
  { number: 2, name: 'uid', type: 'string' },
]
const encryptResponse: Message = [
  { number: 1, name: 'ciphertext', type: 'bytes' },
  { number: 2, name: 'keyId', type: 'string' },
  { number: 3, name: 'annotations', type: annotation, repeated: true },
]
const decryptRequest: Message = [
  { number: 1, name: 'ciphertext', type: 'bytes' },
  { number: 2, name: 'uid', type: 'string' },
  { number: 3, name: 'keyId', type: 'string' },
  { number: 4, name: 'annotations', type: annotation, repeated: true },
]
const decryptResponse: Message = [{ number: 1, name: 'plaintext', type: 'bytes' }]

/** @param endpoint `unix:///path`, or `unix:///@name` for an abstract socket */
export function openKmsService(endpoint: string, timeoutMs: number): KmsService {
  const channel = new RpcChannel(localProgram(socketOf(endpoint)))
  const call = async <T>(method: string, request: Message, response: Message, values: object): Promise<T> => {
    try {
      const path = `/v2.KeyManagementService/${method}`
      return decode<T>(response, await channel.unary(path, encode(request, values), Date.now() + timeoutMs))
    } catch (error) {
      throw new Error(rpcErrorText(error), { cause: error })
    }
  }
  return {
    status: () => call('Status', [], statusResponse, {}),
    encrypt: (uid, plaintext) => call('Encrypt', encryptRequest, encryptResponse, { plaintext, uid }),
    async decrypt(uid, { ciphertext, keyId, annotations }) {
      const request = { ciphertext, uid, keyId, annotations }
      const { plaintext } = await call<{ plaintext?: Buffer }>('Decrypt', decryptRequest, decryptResponse, request)
      return Buffer.from(plaintext ?? Buffer.alloc(0))
    },
    close: () => channel.close(),
  }
}

/** The socket of a `unix:` URL. */
export const socketOf = (endpoint: string): string => endpoint.replace(/^unix:\/\/(\/(?=@))?/, '')
