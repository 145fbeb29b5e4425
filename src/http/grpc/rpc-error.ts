/** How a call ended that did not succeed. Codes are gRPC's. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  constructor(
    readonly code: number,
    readonly details: string,
    options?: ErrorOptions,
  ) {
    super(`${code} ${details}`, options)
  }
}

const names = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
]

/** A code's name as Go has it. */
export const rpcCodeName = (code: number): string => names[code] ?? `Code(${code})`

/** What Go's clients say of an error. Others than RpcError tell for themselves. */
export function rpcErrorText(error: unknown): string {
  if (!(error instanceof RpcError)) return (error as Error).message
  return `rpc error: code = ${rpcCodeName(error.code)} desc = ${error.details}`
}
