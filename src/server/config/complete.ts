import { networkInterfaces } from 'node:os'
import { releaseText } from '../../api/index.js'
import { pairInFolder, selfSigned } from '../certificates/self-signed.js'
import type { EnvironmentOptions, KeyPair, SecureServingOptions, ServerConfig, ServerOptions } from '../config.js'
import { silentLogger } from '../logs/create-logger.js'
import { gitVersion, kubernetesVersion } from '../version.js'
import { completeAudit } from './audit.js'
import { nthAddress, parseCidr } from './cidr.js'

/** What is filled in without looking at anything else. */
const defaults = {
  generic: {
    emulatedVersion: releaseText(kubernetesVersion),
    minCompatibilityVersion: '',
    emulationForwardCompatible: false,
    runtimeConfigEmulationForwardCompatible: false,
    reportedVersion: gitVersion,
    tracingConfigFile: '',
    flags: {},
    corsAllowedOrigins: [],
    strictTransportSecurityDirectives: [],
    requestTimeoutMs: 60_000,
    minRequestTimeoutMs: 1_800_000,
    maxRequestsInflight: 400,
    maxMutatingRequestsInflight: 200,
    maxRequestBodyBytes: 3 * 1024 * 1024,
    goawayChance: 0,
    livezGracePeriodMs: 0,
    shutdownDelayMs: 0,
    shutdownSendRetryAfter: false,
    shutdownWatchTerminationGracePeriodMs: 0,
  },
  store: {
    dataDir: '',
    backend: '',
    encryptionConfigFile: '',
    encryptionConfigReload: false,
    fsync: true,
    prefix: '/registry',
    compactionIntervalMs: 300_000,
    garbageCollector: true,
  },
  etcd: {
    servers: [],
    overrides: [],
    caFile: '',
    certFile: '',
    keyFile: '',
    healthCheckTimeoutMs: 2_000,
    readyCheckTimeoutMs: 2_000,
    sizePollIntervalMs: 30_000,
    leaseReuseSeconds: 60,
    mediaType: 'application/vnd.kubernetes.protobuf',
  },
  secureServing: {
    bindAddress: '127.0.0.1',
    port: 0,
    sniCertificates: [],
    certDir: '',
    minTlsVersion: 'VersionTLS12',
    cipherSuites: [],
    curvePreferences: [],
    http2: true,
    http2MaxStreamsPerConnection: 100,
  },
  authentication: { clientCaFile: '', tokenAuthFile: '', bootstrapTokens: false, configFile: '' },
  tokenWebhook: { configFile: '', version: 'v1beta1', cacheTtlMs: 120_000 },
  oidc: {
    issuerUrl: '',
    clientId: '',
    caFile: '',
    usernameClaim: 'sub',
    usernamePrefix: '',
    groupsClaim: '',
    groupsPrefix: '',
    signingAlgorithms: ['RS256'],
    requiredClaims: {},
  },
  requestHeader: {
    clientCaFile: '',
    allowedNames: [],
    usernameHeaders: [],
    uidHeaders: [],
    groupHeaders: [],
    extraHeaderPrefixes: [],
  },
  serviceAccounts: {
    issuers: [],
    keyFiles: [],
    signingKeyFile: '',
    signingEndpoint: '',
    lookup: true,
    maxTokenExpirationMs: 0,
    extendTokenExpiration: true,
    jwksUri: '',
  },
  authorization: { configFile: '', policyFile: '' },
  authorizationWebhook: { configFile: '', version: 'v1beta1', authorizedTtlMs: 300_000, unauthorizedTtlMs: 30_000 },
  admission: {
    only: [],
    enable: [],
    // As envtest does: no controller makes accounts for the pods of a server that stands alone.
    disable: ['ServiceAccount'],
    configFile: '',
    notReadyTolerationSeconds: 300,
    unreachableTolerationSeconds: 300,
    allowPrivileged: false,
  },
  apiEnablement: { runtimeConfig: {} },
  features: { gates: {}, priorityAndFairness: true, profiling: true },
  metrics: { disabled: [] },
  logs: { format: 'text', verbosity: 0, vmodule: '' },
  network: {
    serviceClusterIpRanges: ['10.0.0.0/24'],
    serviceNodePortRange: [30_000, 32_767],
    kubernetesServiceNodePort: 0,
    endpointReconciler: 'lease',
    apiServerCount: 1,
    eventTtlMs: 3_600_000,
  },
  aggregator: {
    proxyClientCertFile: '',
    proxyClientKeyFile: '',
    endpointRouting: false,
    rejectForwardingRedirects: true,
  },
  kubelets: {
    clientCertFile: '',
    clientKeyFile: '',
    certificateAuthorityFile: '',
    preferredAddressTypes: ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP'],
  },
} as const

/** Names under which programs inside a cluster call the server. */
const clusterNames = ['kubernetes.default.svc', 'kubernetes.default', 'kubernetes']

/**
 * Fills in all that was left out, and makes a self-signed certificate if none was given.
 *
 * - The advertise address is the bind address; if that means all interfaces or this machine only, the first address of
 *   the machine.
 * - The external host is the advertise address.
 * - The API server's service IP is the first of the first service range. The names of the cluster's Service and that IP
 *   are in a self-signed certificate.
 * - Anonymous access is off with AlwaysAllow, unless it was asked for.
 *
 * Whether the result makes sense is for `validateConfig` to say.
 *
 * @throws Error if the certificate folder cannot be written
 */
export function completeConfig(options: ServerOptions): ServerConfig {
  const environment = completeEnvironment(options.environment ?? {})
  const serving = { ...defaults.secureServing, ...options.secureServing }
  const network = { ...defaults.network, ...options.network }
  const advertiseAddress =
    options.generic?.advertiseAddress ?? advertised(serving.bindAddress, environment.hostAddresses)
  const first = parseCidr(network.serviceClusterIpRanges[0] ?? '')
  const apiServerServiceIp = options.network?.apiServerServiceIp ?? (first === undefined ? '' : nthAddress(first, 1))
  const { webhook: authorizationWebhook, ...authorization } = { ...defaults.authorization, ...options.authorization }
  const modes = authorization.modes ?? (authorization.configFile === '' ? (['AlwaysAllow'] as const) : [])
  const { requestHeader, serviceAccounts, tokenWebhook, oidc, ...authentication } = options.authentication ?? {}
  const accounts = { ...defaults.serviceAccounts, ...serviceAccounts }
  return deepFreeze({
    generic: {
      ...defaults.generic,
      ...options.generic,
      advertiseAddress,
      externalHost: options.generic?.externalHost ?? advertiseAddress,
    },
    store: { ...defaults.store, ...options.store, etcd: { ...defaults.etcd, ...options.store?.etcd } },
    secureServing: {
      ...serving,
      certificate:
        serving.certificate ?? ownCertificate(serving, advertiseAddress, apiServerServiceIp, environment.now()),
    },
    authentication: {
      ...defaults.authentication,
      anonymous: !modes.includes('AlwaysAllow'),
      anonymousGiven: authentication.anonymous !== undefined,
      apiAudiences: accounts.issuers,
      ...authentication,
      tokenWebhook: { ...defaults.tokenWebhook, ...tokenWebhook },
      oidc: { ...defaults.oidc, ...oidc },
      requestHeader: { ...defaults.requestHeader, ...requestHeader },
      serviceAccounts: {
        ...accounts,
        keyFiles:
          accounts.keyFiles.length > 0 || accounts.signingKeyFile === ''
            ? accounts.keyFiles
            : [accounts.signingKeyFile],
      },
    },
    authorization: { ...authorization, modes, webhook: { ...defaults.authorizationWebhook, ...authorizationWebhook } },
    admission: {
      ...defaults.admission,
      disable: defaults.admission.disable.filter(
        (name) => !options.admission?.enable?.includes(name) && !options.admission?.only?.length,
      ),
      ...options.admission,
    },
    audit: completeAudit(options.audit),
    apiEnablement: { ...defaults.apiEnablement, ...options.apiEnablement },
    features: { ...defaults.features, ...options.features },
    metrics: { ...defaults.metrics, ...options.metrics },
    logs: { ...defaults.logs, logger: silentLogger, ...options.logs },
    network: { ...network, apiServerServiceIp },
    aggregator: { ...defaults.aggregator, ...options.aggregator },
    kubelets: { ...defaults.kubelets, ...options.kubelets },
    egress: { configFile: '', dialers: {}, ...options.egress },
    environment,
  })
}

const completeEnvironment = (options: EnvironmentOptions): Required<EnvironmentOptions> => ({
  now: options.now ?? Date.now,
  random: options.random ?? Math.random,
  writeOutput: options.writeOutput ?? ((text) => void process.stdout.write(text)),
  hostAddresses: options.hostAddresses ?? hostAddresses(),
})

/** IPv4 first, in the order in which the system lists its interfaces. */
function hostAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const global = all.filter(({ internal, scopeid }) => !internal && (scopeid === undefined || scopeid === 0))
  return global.sort((a, b) => a.family.localeCompare(b.family)).map(({ address }) => address)
}

const notForOthers = /^(0\.0\.0\.0|127\..*|::|::1)$/

const advertised = (bindAddress: string, addresses: readonly string[]): string =>
  notForOthers.test(bindAddress) ? (addresses[0] ?? loopback(bindAddress)) : bindAddress

const loopback = (bindAddress: string): string => (bindAddress.includes(':') ? '::1' : '127.0.0.1')

function ownCertificate(
  { bindAddress, certDir }: Required<Pick<SecureServingOptions, 'bindAddress' | 'certDir'>>,
  host: string,
  serviceIp: string,
  now: number,
): KeyPair {
  const unspecified = bindAddress === '0.0.0.0' || bindAddress === '::'
  const addresses = [host, serviceIp, '127.0.0.1', '::1', ...(unspecified ? [] : [bindAddress])]
  const make = () =>
    selfSigned({
      host,
      dnsNames: [...clusterNames, 'localhost'],
      ipAddresses: [...new Set(addresses.filter((address) => address !== ''))],
      now,
    })
  return certDir === ''
    ? { kind: 'pem', ...make() }
    : { kind: 'files', ...pairInFolder(certDir, 'apiserver', now, make) }
}

/** Freezes plain objects and arrays all the way down; loggers and functions are left as they are. */
function deepFreeze<T>(value: T): T {
  if (
    Array.isArray(value) ||
    (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
  ) {
    for (const item of Object.values(value)) deepFreeze(item)
    Object.freeze(value)
  }
  return value
}
