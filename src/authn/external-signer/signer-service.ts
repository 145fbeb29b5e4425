import {
  decode,
  encode,
  localProgram,
  type Message,
  RpcChannel,
  type RpcError,
  rpcErrorText,
} from '../../http/index.js'
import { callCode } from './call-code.js'

/** A program that holds the keys of service account tokens. Source: k8s.io/externaljwt apis/v1. */
export interface SignerService {
  metadata(deadline: number): Promise<{ readonly maxTokenExpirationSeconds: bigint }>
  fetchKeys(deadline: number): Promise<FetchedKeys>
  /** @param claims the payload, as it will stand in the token */
  sign(claims: string, deadline: number): Promise<SignedClaims>
  close(): void
}

export interface FetchedKeys {
  readonly keys: readonly FetchedKey[]
  readonly dataTimestamp?: Timestamp
  readonly refreshHintSeconds?: bigint
}

export interface FetchedKey {
  readonly keyId?: string
  /** A SubjectPublicKeyInfo in DER. */
  readonly key?: Buffer
  readonly excludeFromOidcDiscovery?: boolean
}

export interface Timestamp {
  readonly seconds?: bigint
  readonly nanos?: bigint
}

/** Head and signature of a token, encoded. */
export interface SignedClaims {
  readonly header?: string
  readonly signature?: string
}

const metadataResponse: Message = [{ number: 1, name: 'maxTokenExpirationSeconds', type: 'int64' }]
const key: Message = [
  { number: 1, name: 'keyId', type: 'string' },
  { number: 2, name: 'key', type: 'bytes' },
  { number: 3, name: 'excludeFromOidcDiscovery', type: 'bool' },
]
const timestamp: Message = [
  { number: 1, name: 'seconds', type: 'int64' },
  { number: 2, name: 'nanos', type: 'int64' },
]
const keysResponse: Message = [
  { number: 1, name: 'keys', type: key, repeated: true },
  { number: 2, name: 'dataTimestamp', type: timestamp },
  { number: 3, name: 'refreshHintSeconds', type: 'int64' },
]
const signRequest: Message = [{ number: 1, name: 'claims', type: 'string' }]
const signResponse: Message = [
  { number: 1, name: 'header', type: 'string' },
  { number: 2, name: 'signature', type: 'string' },
]

/**
 * @param socket path of a socket, `@name` for an abstract one
 * @param called a call is over: its path, gRPC's word for how it went, how long it took
 */
export function openSignerService(
  socket: string,
  called: (method: string, code: string, seconds: number) => void,
): SignerService {
  const channel = new RpcChannel(localProgram(socket))
  async function call<T>(method: string, request: Buffer, response: Message, deadline: number): Promise<T> {
    const path = `/v1.ExternalJWTSigner/${method}`
    const start = performance.now()
    let code = 'OK'
    try {
      return decode<T>(response, await channel.unary(path, request, deadline))
    } catch (error) {
      code = callCode(error)
      throw new Error(rpcErrorText(error), { cause: error as RpcError })
    } finally {
      called(path, code, (performance.now() - start) / 1_000)
    }
  }
  return {
    async metadata(deadline) {
      const answer = await call<{ maxTokenExpirationSeconds?: bigint }>('Metadata', nothing, metadataResponse, deadline)
      return { maxTokenExpirationSeconds: answer.maxTokenExpirationSeconds ?? 0n }
    },
    fetchKeys: (deadline) => call('FetchKeys', nothing, keysResponse, deadline),
    sign: (claims, deadline) => call('Sign', encode(signRequest, { claims }), signResponse, deadline),
    close: () => channel.close(),
  }
}

const nothing = Buffer.alloc(0)
