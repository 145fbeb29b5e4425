import { type handleUnaryCall, Server, ServerCredentials, type ServiceError, type status } from '@grpc/grpc-js'
import { decode, encode, type Message } from '../../src/http/index.js'

/** A method of a service that takes one message and gives one. */
export interface UnaryMethod {
  readonly path: string
  readonly request: Message
  readonly response: Message
  // biome-ignore lint/suspicious/noExplicitAny: each method has messages of its own
  run(request: any): object
}

/** Thrown by a method: what the caller is told. */
export class GrpcFailure extends Error {
  constructor(
    readonly code: status,
    readonly details: string,
  ) {
    super(details)
  }
}

/** A program that speaks gRPC on a socket of this machine. */
export async function grpcServer(socket: string, methods: readonly UnaryMethod[]): Promise<{ stop(): void }> {
  const server = new Server()
  const definitions = methods.map(({ path, request, response }) => ({
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: (value: object) => encode(request, value),
    requestDeserialize: (from: Buffer) => decode<object>(request, from),
    responseSerialize: (value: object) => encode(response, value),
    responseDeserialize: (from: Buffer) => decode<object>(response, from),
  }))
  const handlers = methods.map(({ path, run }): [string, handleUnaryCall<object, object>] => [
    path,
    (call, answer) => {
      try {
        answer(null, run(call.request))
      } catch (error) {
        answer(error as ServiceError)
      }
    },
  ])
  server.addService(Object.fromEntries(definitions.map((one) => [one.path, one])), Object.fromEntries(handlers))
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    )
  })
  return { stop: () => server.forceShutdown() }
}
