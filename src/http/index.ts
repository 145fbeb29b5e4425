// What other folders may use of http/.
export { BufferPool, pooledBytes } from './buffer-pool.js'
export type { CaSource, CertificateSource, SniSource } from './certificates.js'
export { cipherList } from './cipher-suites.js'
export { ClientIdentity } from './client-identity.js'
export type {
  Filter,
  Handler,
  ObjectNames,
  RequestAudit,
  RequestContext,
  RequestInfo,
  UserInfo,
} from './context.js'
export { curveList } from './curves.js'
export { connectDialer, type Dialer, type ProxyPlace, straightDialer } from './dialer.js'
export { DialingAgent } from './dialing-agent.js'
export type { Exchange, ResponseStream } from './exchange.js'
export { type FetchedDocument, type FetchOptions, fetchDocument } from './fetch-document.js'
export {
  type ChannelAddress,
  localProgram,
  RpcChannel,
  type RpcStream,
  type RpcStreamListener,
} from './grpc/rpc-channel.js'
export { RpcError, rpcCodeName, rpcErrorText } from './grpc/rpc-error.js'
export { decode, encode, type Message } from './grpc/wire.js'
export { DialError, type TunnelObserver, tunnelDialer } from './konnectivity/tunnel.js'
export {
  type ClientConfig,
  clientConfigOf,
  type Kubeconfig,
  type KubeconfigCluster,
  type KubeconfigUser,
  readKubeconfig,
  restTarget,
} from './kubeconfig.js'
export { type Listener, type ListenHooks, type ListenOptions, listen } from './listen.js'
export { checkIdentity, networkErrorText } from './network-error.js'
export { dial, forwardedUri, type ProxyTarget, proxy, sendBack } from './proxy.js'
export { RefusedCall } from './refused-call.js'
export { RequestState } from './request-context.js'
export {
  type Address,
  type CallerIdentity,
  type CallOptions,
  RestClient,
  type RestClientOptions,
  type RestTarget,
} from './rest-client.js'
export { ReviewClient, type ReviewKind, type ReviewResult } from './review-client.js'
export { withoutLastSlashes } from './slashes.js'
export {
  type Attribute,
  inSpan,
  type Span,
  type SpanContext,
  type SpanOptions,
  spanContextOf,
  type Tracer,
} from './tracing.js'
export { type WatchedFiles, watchFiles } from './watched-files.js'
export { type ResolveService, type WebhookLocation, webhookTarget } from './webhook-target.js'
