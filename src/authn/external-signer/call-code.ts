import { RpcError, rpcCodeName } from '../../http/index.js'

/** How something went that called the signer, as metrics name it. Causes are looked through. */
export function callCode(error: unknown): string {
  if (error === undefined) return 'OK'
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if (at instanceof RpcError) return rpcCodeName(at.code)
  return 'unknown-non-grpc'
}
