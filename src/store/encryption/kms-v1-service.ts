import { decode, encode, localProgram, type Message, RpcChannel, rpcErrorText } from '../../http/index.js'
import { socketOf } from './kms-service.js'

/** A plugin that encrypts keys. Source: k8s.io/kms apis/v1beta1. */
export interface KmsV1Service {
  encrypt(plain: Buffer): Promise<Buffer>
  decrypt(cipher: Buffer): Promise<Buffer>
  close(): void
}

const apiVersion = 'v1beta1'
const text = (number: number, name: string) => ({ number, name, type: 'string' }) as const
const bytes = (number: number, name: string) => ({ number, name, type: 'bytes' }) as const
const version: Message = [text(1, 'version')]
const plain: Message = [bytes(1, 'plain')]
const cipher: Message = [bytes(1, 'cipher')]

/**
 * Calls reject with an Error in grpc-go's words. Before the first of them the plugin is asked which version it speaks.
 *
 * @param endpoint `unix:///path`, or `unix:///@name` for an abstract socket
 */
export function openKmsV1Service(endpoint: string, timeoutMs: number): KmsV1Service {
  const channel = new RpcChannel(localProgram(socketOf(endpoint)))
  let checked = false
  async function call<T>(method: string, request: Message, response: Message, values: object, deadline: number) {
    try {
      const path = `/v1beta1.KeyManagementService/${method}`
      const answer = await channel.unary(path, encode(request, { version: apiVersion, ...values }), deadline)
      return decode<T>(response, answer)
    } catch (error) {
      throw new Error(rpcErrorText(error), { cause: error })
    }
  }
  async function check(deadline: number): Promise<void> {
    if (checked) return
    const answer = await call<{ version?: string }>('Version', version, version, {}, deadline).catch((error: Error) => {
      throw new Error(`failed get version from remote KMS provider: ${error.message}`, { cause: error })
    })
    if (answer.version !== apiVersion)
      throw new Error(
        `KMS provider api version ${answer.version ?? ''} is not supported, only ${apiVersion} is supported now`,
      )
    checked = true
  }
  return {
    async encrypt(value) {
      const deadline = Date.now() + timeoutMs
      await check(deadline)
      const request = [...version, bytes(2, 'plain')]
      const answer = await call<{ cipher?: Buffer }>('Encrypt', request, cipher, { plain: value }, deadline)
      return Buffer.from(answer.cipher ?? '')
    },
    async decrypt(value) {
      const deadline = Date.now() + timeoutMs
      await check(deadline)
      const request = [...version, bytes(2, 'cipher')]
      const answer = await call<{ plain?: Buffer }>('Decrypt', request, plain, { cipher: value }, deadline)
      return Buffer.from(answer.plain ?? '')
    },
    close: () => channel.close(),
  }
}
