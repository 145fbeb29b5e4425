import type { AuditConfig, AuditOptions } from './config/audit.js'
import type { EgressDialers } from './egress.js'
import type { Logger } from './logs/logger.js'

/**
 * What a server can be told. Everything is optional; sections and names follow kube-apiserver's flags. All times are
 * milliseconds, all sizes bytes, unless the name says otherwise. An empty string, an empty list or 0 means "none".
 */
export interface ServerOptions {
  readonly generic?: GenericOptions
  readonly store?: StoreOptions
  readonly secureServing?: SecureServingOptions
  readonly authentication?: AuthenticationOptions
  readonly authorization?: AuthorizationOptions
  readonly admission?: AdmissionOptions
  readonly audit?: AuditOptions
  readonly apiEnablement?: ApiEnablementOptions
  readonly features?: FeatureOptions
  readonly metrics?: MetricsOptions
  readonly logs?: LogOptions
  readonly network?: NetworkOptions
  readonly aggregator?: AggregatorOptions
  readonly kubelets?: KubeletOptions
  readonly egress?: EgressOptions
  /** Time and chance, for tests. Default: the system's. */
  readonly environment?: EnvironmentOptions
}

/** Complete, valid once `validateConfig` found nothing, and frozen. What `createServer` and everything below it reads. */
export type ServerConfig = { readonly [S in keyof ServerOptions]-?: Complete<NonNullable<ServerOptions[S]>> } & {
  readonly store: { readonly etcd: Required<EtcdOptions> }
  readonly authentication: {
    readonly requestHeader: Required<RequestHeaderOptions>
    readonly serviceAccounts: Required<ServiceAccountOptions>
    readonly tokenWebhook: Required<TokenWebhookOptions>
    readonly oidc: Required<OidcOptions>
  }
  readonly audit: AuditConfig
  readonly authorization: { readonly webhook: Required<AuthorizationWebhookOptions> }
}
type Complete<T> = { readonly [O in keyof T]-?: NonNullable<T[O]> }

export interface GenericOptions {
  /** Release whose APIs and features are emulated, "1.33" to "1.36". Default "1.36". */
  readonly emulatedVersion?: string
  /** Oldest release that must be able to read what is stored, "1.33" to the emulated one. Default: empty, the one before that. */
  readonly minCompatibilityVersion?: string
  /** Whether newer versions, alpha ones apart, of APIs that are served at the emulated release are served too. Default false. */
  readonly emulationForwardCompatible?: boolean
  /** Whether `runtimeConfig` may name versions that came after the emulated release. Default false. */
  readonly runtimeConfigEmulationForwardCompatible?: boolean
  /** Address under which others reach this server; published in the kubernetes endpoints. Default: see `completeConfig`. */
  readonly advertiseAddress?: string
  /** Host name for links and certificates. Default: the advertise address, or the machine's name. */
  readonly externalHost?: string
  /** What /version reports. Default "v1.36.3"; may differ from it only in what comes behind. */
  readonly reportedVersion?: string
  /** What /flagz tells: flags and their values. Default: none. */
  readonly flags?: Readonly<Record<string, string>>
  /** Regular expressions of origins that CORS lets in. Default: none. */
  readonly corsAllowedOrigins?: readonly string[]
  /** Values of the Strict-Transport-Security header. Default: none. */
  readonly strictTransportSecurityDirectives?: readonly string[]
  /** Longest a request may take that is not long-running. Default 60,000. */
  readonly requestTimeoutMs?: number
  /** A watch without timeoutSeconds ends after a random time between this and twice this. Default 1,800,000. */
  readonly minRequestTimeoutMs?: number
  /** Reading requests served at once; 0: no limit. Default 400. With priority and fairness it is the sum of both that counts. */
  readonly maxRequestsInflight?: number
  /** Changing requests served at once; 0: no limit. Default 200. */
  readonly maxMutatingRequestsInflight?: number
  /** Bytes of a request body, after unpacking. Default 3 MiB. */
  readonly maxRequestBodyBytes?: number
  /** File that says where traces are sent. Default: empty, nothing is traced. */
  readonly tracingConfigFile?: string
  /** Chance, 0 to 0.02, that an HTTP/2 connection is told to go away after a request. Default 0. */
  readonly goawayChance?: number
  /** /livez does not fail because of unfinished start-up for so long. Default 0. */
  readonly livezGracePeriodMs?: number
  /** Between the signal to stop and the moment the server stops accepting. Default 0. */
  readonly shutdownDelayMs?: number
  /** While the last requests finish others get 429 with Retry-After, instead of a closed port. Default false. */
  readonly shutdownSendRetryAfter?: boolean
  /** How long watches may take to end when the server stops; 0: they are cut. Default 0. */
  readonly shutdownWatchTerminationGracePeriodMs?: number
}

export interface StoreOptions {
  /** Folder of the embedded store. Default: empty, a temporary folder that `close` removes. */
  readonly dataDir?: string
  /** Whether an acknowledged write is on disk. Default true. */
  readonly fsync?: boolean
  /** Keys begin with this. Default "/registry". */
  readonly prefix?: string
  /** History older than this is dropped, as often as this; 0: never. Default 300,000. */
  readonly compactionIntervalMs?: number
  /** "etcd3" or empty, which both mean what the rest says: etcd if there are servers of it, the embedded store else. */
  readonly backend?: string
  /** Present: objects lie in this etcd, not in `dataDir`. Default: none. */
  readonly etcd?: EtcdOptions
  /** File with an EncryptionConfiguration: which resources are stored encrypted. Default: none. */
  readonly encryptionConfigFile?: string
  /** Whether that file is read again when it changes. Default false. */
  readonly encryptionConfigReload?: boolean
  /** Whether deletes honour propagation policies and owner references. Default true. */
  readonly garbageCollector?: boolean
}

/** An etcd v3 cluster, which other servers may share. */
export interface EtcdOptions {
  /** URLs. */
  readonly servers: readonly string[]
  /** `group/resource#server;server`: resources in an etcd of their own. Default: none. */
  readonly overrides?: readonly string[]
  /** PEM bundle that the servers' certificates must be signed by; empty: the system's. */
  readonly caFile?: string
  /** What is shown to the servers. */
  readonly certFile?: string
  readonly keyFile?: string
  /** How long the checks `etcd` and `etcd-readiness` may take. Default 2,000. */
  readonly healthCheckTimeoutMs?: number
  readonly readyCheckTimeoutMs?: number
  /** How often the size of the database is asked for, for metrics; 0: never. Default 30,000. */
  readonly sizePollIntervalMs?: number
  /** By how much an object may outlive its time so that leases are shared. Default 60. */
  readonly leaseReuseSeconds?: number
  /** "application/json" or "application/vnd.kubernetes.protobuf", the form in which objects are written. Default protobuf. */
  readonly mediaType?: string
}

/** A certificate and its private key: files, which are read again when they change, or PEM texts. */
export type KeyPair =
  | { readonly kind: 'files'; readonly certFile: string; readonly keyFile: string }
  | { readonly kind: 'pem'; readonly cert: string; readonly key: string }

/** Served to clients whose SNI matches. No names: those of the certificate. `*.` matches one label. */
export interface NamedKeyPair {
  readonly pair: KeyPair
  readonly names: readonly string[]
}

export type TlsVersion = 'VersionTLS10' | 'VersionTLS11' | 'VersionTLS12' | 'VersionTLS13'

export interface SecureServingOptions {
  /** IP to listen on. Default "127.0.0.1" (the executables: 0.0.0.0 for kube-apiserver, 127.0.0.1 for kats). */
  readonly bindAddress?: string
  /** Port; 0: one that is free. Default 0 (the executables: 6443). */
  readonly port?: number
  /** What the server shows. Default: a self-signed pair, kept in `certDir` if there is one. */
  readonly certificate?: KeyPair
  readonly sniCertificates?: readonly NamedKeyPair[]
  /** Folder for a self-signed apiserver.crt and apiserver.key. Default: empty, the pair lives in memory. */
  readonly certDir?: string
  /** Default "VersionTLS12". */
  readonly minTlsVersion?: TlsVersion
  /** TLS 1.2 suites by IANA name, strongest first. Default: Node's. */
  readonly cipherSuites?: readonly string[]
  /** Key exchanges by their numbers in Go's crypto/tls: 23 is P-256, 24 P-384, 25 P-521, 29 X25519. Default: Node's. */
  readonly curvePreferences?: readonly number[]
  /** Default true; false leaves HTTP/1.1. */
  readonly http2?: boolean
  /** Requests at once on one HTTP/2 connection. Default 100, upstream's reading of 0. */
  readonly http2MaxStreamsPerConnection?: number
}

export interface AuthenticationOptions {
  /** Whether requests without credentials are let in as system:anonymous. Default true; false with AlwaysAllow. */
  readonly anonymous?: boolean
  /** Whether `anonymous` was asked for, which a `configFile` that says it too does not go with. Default: whether it is there. */
  readonly anonymousGiven?: boolean
  /** PEM bundle; a client certificate signed by one of these authenticates. Default: none. */
  readonly clientCaFile?: string
  /** CSV of token,user,uid,"group1,group2". Default: none. */
  readonly tokenAuthFile?: string
  /** Tokens of Secrets of type bootstrap.kubernetes.io/token. Default false. */
  readonly bootstrapTokens?: boolean
  /** Audiences a token must be for one of. Default: the issuers of service account tokens. */
  readonly apiAudiences?: readonly string[]
  /** File with an AuthenticationConfiguration; read again when it changes. Default: none. */
  readonly configFile?: string
  readonly requestHeader?: RequestHeaderOptions
  readonly serviceAccounts?: ServiceAccountOptions
  readonly tokenWebhook?: TokenWebhookOptions
  readonly oidc?: OidcOptions
}

/** Another server that judges bearer tokens. */
export interface TokenWebhookOptions {
  /** Kubeconfig that says where it is and who we are to it; empty: there is none. */
  readonly configFile?: string
  /** Version of authentication.k8s.io TokenReview. Default "v1beta1". */
  readonly version?: string
  /** How long its verdicts are kept, good and bad ones; 0: not at all. Default 120,000. */
  readonly cacheTtlMs?: number
}

/** One OpenID issuer. There is none unless both its URL and the client are given; not together with `configFile`. */
export interface OidcOptions {
  readonly issuerUrl?: string
  readonly clientId?: string
  /** PEM bundle. Default: the system's authorities. */
  readonly caFile?: string
  /** Default "sub". */
  readonly usernameClaim?: string
  /** "-": none. Default: the issuer and "#", unless the claim is "email". */
  readonly usernamePrefix?: string
  readonly groupsClaim?: string
  readonly groupsPrefix?: string
  /** Default RS256. */
  readonly signingAlgorithms?: readonly string[]
  /** Claims that must be there, with this value. */
  readonly requiredClaims?: Readonly<Record<string, string>>
}

/** The front proxy, whose word on who is asking is taken. */
export interface RequestHeaderOptions {
  /** PEM bundle that the proxy's certificate must be signed by; empty: no proxy is trusted. */
  readonly clientCaFile?: string
  /** Common names it may have; empty: any. */
  readonly allowedNames?: readonly string[]
  readonly usernameHeaders?: readonly string[]
  readonly uidHeaders?: readonly string[]
  readonly groupHeaders?: readonly string[]
  readonly extraHeaderPrefixes?: readonly string[]
}

export interface ServiceAccountOptions {
  /** The first is put in new tokens, all are accepted. */
  readonly issuers?: readonly string[]
  /** PEM files of public or private keys that verify tokens. Empty: the signing key's. */
  readonly keyFiles?: readonly string[]
  /** PEM file of the private key that signs tokens; empty: none are issued. */
  readonly signingKeyFile?: string
  /**
   * Socket of a program that holds the keys, in place of both kinds of files (k8s.io/externaljwt); `@name` for an abstract
   * one. Empty: there is none.
   */
  readonly signingEndpoint?: string
  /** Whether the token's objects must still exist. */
  readonly lookup?: boolean
  /** Longest life of a token; longer requests are cut to it. 0: no limit. Default 0. */
  readonly maxTokenExpirationMs?: number
  /** Tokens that are mounted into pods live a year, for clients that do not read them again. Default true. */
  readonly extendTokenExpiration?: boolean
  /** Where the public keys are, for the OpenID discovery document; empty: on this server. */
  readonly jwksUri?: string
}

export type AuthorizationMode = 'AlwaysAllow' | 'AlwaysDeny' | 'ABAC' | 'Webhook' | 'RBAC' | 'Node'

export interface AuthorizationOptions {
  /** Asked in this order, the first that has an opinion decides. Default AlwaysAllow, or none with a `configFile`. */
  readonly modes?: readonly AuthorizationMode[]
  /** File with an AuthorizationConfiguration, in place of `modes` and `webhook`; read again when it changes. Default: none. */
  readonly configFile?: string
  /** Policies of mode ABAC, a JSON object a line. Default: none. */
  readonly policyFile?: string
  readonly webhook?: AuthorizationWebhookOptions
}

/** The server that mode Webhook asks. */
export interface AuthorizationWebhookOptions {
  /** Kubeconfig that says where it is and who we are to it. Default: none. */
  readonly configFile?: string
  /** Version of authorization.k8s.io SubjectAccessReview. Default "v1beta1". */
  readonly version?: string
  /** How long it is remembered what it has allowed; 0: not at all. Default 300,000. */
  readonly authorizedTtlMs?: number
  /** How long it is remembered what it has not allowed; 0: not at all. Default 30,000. */
  readonly unauthorizedTtlMs?: number
}

export interface AdmissionOptions {
  /** All plugins to run, in place of the defaults and of the two lists below. Default: none, the defaults hold. */
  readonly only?: readonly string[]
  /** Plugins added to those that are on by default. */
  readonly enable?: readonly string[]
  /**
   * Plugins taken away from those that are on by default. Default: ServiceAccount, unless it is in `enable`: nothing here makes
   * the accounts that it wants pods to have (kube-apiserver: none).
   */
  readonly disable?: readonly string[]
  /** File with an AdmissionConfiguration. Default: none. */
  readonly configFile?: string
  /** How long pods stay on a node that is not ready, in seconds, unless they say themselves. Default 300. */
  readonly notReadyTolerationSeconds?: number
  /** The same for a node that cannot be reached. Default 300. */
  readonly unreachableTolerationSeconds?: number
  /** Whether privileged containers are allowed. Default false. */
  readonly allowPrivileged?: boolean
}

export interface ApiEnablementOptions {
  /** `api/all`, `api/beta`, `group/version`, `group/version/resource` to "true" or "false". Default: none. */
  readonly runtimeConfig?: Readonly<Record<string, string>>
}

export interface FeatureOptions {
  /** Feature gates by name that differ from their default. AllAlpha and AllBeta stand for all of a stage. */
  readonly gates?: Readonly<Record<string, boolean>>
  /**
   * Whether the requests that are served at once are shared out by FlowSchemas and PriorityLevelConfigurations. Default true;
   * false leaves the two limits on requests in flight.
   */
  readonly priorityAndFairness?: boolean
  /** Whether profiles are served below /debug/pprof/. Default true. */
  readonly profiling?: boolean
}

export interface MetricsOptions {
  /** Full names of metrics that are left out. Default: none. */
  readonly disabled?: readonly string[]
}

export type LogFormat = 'text' | 'json'

export interface LogOptions {
  readonly format?: LogFormat
  /** Higher is more; 3 logs every request. Default 0. */
  readonly verbosity?: number
  /** `pattern=level` pairs, comma-separated, that override the verbosity of parts. Default "". Text format only. */
  readonly vmodule?: string
  /** Where messages go. Default: nowhere for the library, standard error for the executables. */
  readonly logger?: Logger
}

export interface NetworkOptions {
  /** One or two CIDRs, of different families, for Services. Default 10.0.0.0/24. */
  readonly serviceClusterIpRanges?: readonly string[]
  /** IP of the kubernetes Service. Default: the first of the first range. Must not be set by hand. */
  readonly apiServerServiceIp?: string
  /** First and last port for Services of type NodePort. Default 30000 to 32767. */
  readonly serviceNodePortRange?: readonly [first: number, last: number]
  /** Node port of the kubernetes Service, 30000 to 32767; 0: it is of type ClusterIP. Default 0. */
  readonly kubernetesServiceNodePort?: number
  /** How the endpoints of the kubernetes Service are kept. Default "lease". */
  readonly endpointReconciler?: 'lease' | 'master-count' | 'none'
  /** How many servers share the endpoints under `master-count`. Default 1. */
  readonly apiServerCount?: number
  /** Life of an Event. Default 3,600,000. */
  readonly eventTtlMs?: number
}

export interface AggregatorOptions {
  /** What the server shows to aggregated servers and webhooks. */
  readonly proxyClientCertFile?: string
  readonly proxyClientKeyFile?: string
  /** Whether requests go to the endpoints of a Service rather than to its cluster IP. Default false. */
  readonly endpointRouting?: boolean
  /** Whether redirects by aggregated servers are kept from clients. Default true. */
  readonly rejectForwardingRedirects?: boolean
}

/** How kubelets are reached, for logs, exec and proxies. */
export interface KubeletOptions {
  /** What the server shows to kubelets. */
  readonly clientCertFile?: string
  readonly clientKeyFile?: string
  /** PEM bundle that kubelets' certificates must be signed by; empty: they are not checked. */
  readonly certificateAuthorityFile?: string
  /** Types of node addresses, best first. Default Hostname, InternalDNS, InternalIP, ExternalDNS, ExternalIP. */
  readonly preferredAddressTypes?: readonly string[]
}

/** Through what others are reached. */
export interface EgressOptions {
  /** File that says through which proxies; it takes the place of `dialers`. Default: none. */
  readonly configFile?: string
  /** Default: none, everybody is reached straight. */
  readonly dialers?: EgressDialers
}

export interface EnvironmentOptions {
  /** Wall clock, milliseconds since 1970. */
  readonly now?: () => number
  /** A number from 0 up to 1. */
  readonly random?: () => number
  /** Gets what is written to standard output: an audit log whose path is "-". */
  readonly writeOutput?: (text: string) => void
  /** IP addresses of the machine, loopback left out, the preferred one first. */
  readonly hostAddresses?: readonly string[]
}
