import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { admissionPluginNames } from '../../admission/index.js'
import { quote, quoteList, urlProblem } from '../../api/index.js'
import { cipherList, curveList } from '../../http/index.js'
import type { KeyPair, ServerConfig } from '../config.js'
import { auditProblems } from './audit.js'
import { cidrSize, parseCidr } from './cidr.js'
import { setProblems, versionProblems } from './effective-versions.js'
import { etcdOverrides } from './etcd-overrides.js'
import { knownVersions } from './known-versions.js'
import { enabledApis } from './runtime-config.js'

/**
 * Everything that is wrong with a configuration, one line each, in the order of the sections; empty if it is fine.
 * Wording: apiserver pkg/server/options, kubernetes pkg/kubeapiserver/options and cmd/kube-apiserver/app/options.
 */
export function validateConfig(config: ServerConfig): string[] {
  const before = setProblems(config)
  if (before.length > 0) return before
  const first = completionProblem(config)
  if (first !== undefined) return [first]
  return [
    ...genericProblems(config),
    ...storeProblems(config),
    ...servingProblems(config),
    ...authenticationProblems(config),
    ...authorizationProblems(config),
    ...admissionProblems(config),
    ...auditProblems(config),
    ...enabledApis(config.apiEnablement.runtimeConfig, knownVersions()).problems,
    ...logProblems(config),
    ...networkProblems(config),
    ...aggregatorProblems(config),
    ...kubeletProblems(config),
  ]
}

function* genericProblems({ generic, features }: ServerConfig): Iterable<string> {
  const negative = (value: number, flag: string): string[] => (value < 0 ? [`--${flag} can not be negative value`] : [])
  if (generic.livezGracePeriodMs < 0) yield '--livez-grace-period can not be a negative value'
  yield* negative(generic.maxRequestsInflight, 'max-requests-inflight')
  yield* negative(generic.maxMutatingRequestsInflight, 'max-mutating-requests-inflight')
  yield* negative(generic.requestTimeoutMs, 'request-timeout')
  if (!(generic.goawayChance >= 0 && generic.goawayChance <= 0.02)) {
    yield '--goaway-chance can not be less than 0 or greater than 0.02'
  }
  yield* negative(generic.minRequestTimeoutMs, 'min-request-timeout')
  yield* negative(generic.shutdownDelayMs, 'shutdown-delay-duration')
  if (generic.shutdownWatchTerminationGracePeriodMs < 0) {
    yield 'shutdown-watch-termination-grace-period, if provided, can not be a negative value'
  }
  if (generic.maxRequestBodyBytes < 0) yield 'ServerRunOptions.MaxRequestBodyBytes can not be negative value'
  if (generic.tracingConfigFile !== '' && !existsSync(generic.tracingConfigFile))
    yield `tracing-config-file ${generic.tracingConfigFile} does not exist`
  const { maxRequestsInflight: reading, maxMutatingRequestsInflight: changing } = generic
  if (features.priorityAndFairness && reading >= 0 && changing >= 0 && reading + changing === 0)
    yield `invalid configuration: MaxRequestsInFlight=${reading} and MaxMutatingRequestsInFlight=${changing}; they must add up to something positive`
  for (const directive of generic.strictTransportSecurityDirectives) {
    if (directive.trim() === '') yield 'empty value in strict-transport-security-directives'
    else if (!/^(includeSubDomains|preload|max-age=[^=]*)$/.test(directive)) {
      yield '--strict-transport-security-directives invalid, allowed values: max-age=expireTime, includeSubDomains, preload. see https://tools.ietf.org/html/rfc6797#section-6.1 for more information'
    }
  }
  for (const pattern of generic.corsAllowedOrigins) {
    if (pattern === '') yield 'empty value in --cors-allowed-origins'
    else if (!/\^|\/\//.test(pattern) || !/[$:]/.test(pattern)) {
      yield `--cors-allowed-origins has an invalid regular expression: regular expression does not pin to start/end of host in the origin header: ${pattern}`
    }
  }
  yield* versionProblems(generic)
}

const mediaTypes = ['application/json', 'application/vnd.kubernetes.protobuf']

function* storeProblems({ store }: ServerConfig): Iterable<string> {
  if (store.compactionIntervalMs < 0) yield '--etcd-compaction-interval can not be negative value'
  if (!store.prefix.startsWith('/') || store.prefix.endsWith('/')) {
    yield `--etcd-prefix ${quote(store.prefix)} must begin with "/" and not end with it`
  }
  if (store.encryptionConfigReload && store.encryptionConfigFile === '')
    yield '--encryption-provider-config-automatic-reload must be set with --encryption-provider-config'
  if (store.backend !== '' && store.backend !== 'etcd3')
    yield "--storage-backend invalid, allowed values: etcd3. If not specified, it will default to 'etcd3'"
  const { etcd } = store
  if (etcd.servers.length === 0 && etcd.overrides.length > 0)
    yield '--etcd-servers-overrides: --etcd-servers must be specified'
  try {
    etcdOverrides(etcd.overrides)
  } catch (error) {
    yield (error as Error).message
  }
  if (etcd.servers.length === 0 && store.backend === 'etcd3') yield '--etcd-servers must be specified'
  if (!mediaTypes.includes(etcd.mediaType))
    yield `--storage-media-type ${quote(etcd.mediaType)} invalid, allowed values: ${mediaTypes.join(', ')}`
  if (etcd.leaseReuseSeconds < 0) yield '--lease-reuse-duration-seconds can not be negative value'
}

const tlsVersions = new Set<string>(['VersionTLS10', 'VersionTLS11', 'VersionTLS12', 'VersionTLS13'])

function* servingProblems({ secureServing: serving }: ServerConfig): Iterable<string> {
  if (!Number.isInteger(serving.port) || serving.port < 0 || serving.port > 65_535) {
    yield `--secure-port ${serving.port} must be between 1 and 65535, inclusive. It cannot be turned off with 0`
  }
  if (isIP(serving.bindAddress) === 0) yield `--bind-address ${quote(serving.bindAddress)} is not an IP address`
  if (serving.http2MaxStreamsPerConnection < 1) yield '--http2-max-streams-per-connection can not be negative value'
  if (!tlsVersions.has(serving.minTlsVersion)) yield `unknown tls version ${quote(serving.minTlsVersion)}`
  for (const suite of serving.cipherSuites) {
    try {
      cipherList([suite])
    } catch (error) {
      yield (error as Error).message
    }
  }
  if (serving.curvePreferences.length > 0) {
    try {
      curveList(serving.curvePreferences)
    } catch (error) {
      yield (error as Error).message
    }
  }
  yield* pairProblems(serving.certificate, '--tls-cert-file and --tls-private-key-file')
  for (const { pair } of serving.sniCertificates) yield* pairProblems(pair, '--tls-sni-cert-key')
}

function* pairProblems(pair: KeyPair, flags: string): Iterable<string> {
  if (pair.kind === 'pem') return
  if (pair.certFile === '' || pair.keyFile === '') {
    yield `${flags}: certificate and private key must both be given`
    return
  }
  try {
    const certificate = new X509Certificate(readFileSync(pair.certFile))
    if (!certificate.checkPrivateKey(createPrivateKey(readFileSync(pair.keyFile)))) {
      yield `${flags}: ${pair.keyFile} is not the private key of ${pair.certFile}`
    }
  } catch (error) {
    yield `${flags}: failed to load ${pair.certFile} and ${pair.keyFile}: ${(error as Error).message}`
  }
}

function* authenticationProblems({ authentication }: ServerConfig): Iterable<string> {
  const { serviceAccounts: accounts, requestHeader } = authentication
  yield* oidcProblems({ authentication })
  for (const [i, issuer] of accounts.issuers.entries()) {
    if (issuer === '') yield 'service-account-issuer should not be an empty string'
    else if (issuer.includes(':') && urlProblem(issuer) !== undefined) {
      yield `service-account-issuer ${quote(issuer)} contained a ':' but was not a valid URL: ${urlProblem(issuer)}`
    } else if (accounts.issuers.indexOf(issuer) < i)
      yield `service-account-issuer ${quote(issuer)} is already specified`
  }
  const isSigning = accounts.signingKeyFile !== '' || accounts.signingEndpoint !== ''
  if (isSigning === (accounts.issuers.length === 0)) {
    if (accounts.issuers.length === 0) yield 'service-account-issuer is a required flag'
    yield '--service-account-signing-key-file, --service-account-issuer, and --api-audiences should be specified together'
  }
  yield* signingEndpointProblems(accounts)
  yield* unreadable([authentication.clientCaFile, requestHeader.clientCaFile], 'unable to load client CA file')
  yield* unreadable([authentication.tokenAuthFile], '--token-auth-file')
  yield* unreadable(
    accounts.keyFiles.filter((file) => file !== accounts.signingKeyFile),
    '',
  )
  if (accounts.jwksUri !== '') {
    const problem = urlProblem(accounts.jwksUri)
    if (problem !== undefined) yield `service-account-jwks-uri must be a valid URL: ${problem}`
    else if (!accounts.jwksUri.startsWith('https:'))
      yield `service-account-jwks-uri requires https scheme, parsed as: ${accounts.jwksUri}`
  }
  if (requestHeader.allowedNames.length === 0 && overlap(authentication.clientCaFile, requestHeader.clientCaFile)) {
    yield '--requestheader-client-ca-file and --client-ca-file contain overlapping certificates; --requestheader-allowed-names must be specified to ensure regular client certificates cannot set authenticating proxy headers for arbitrary users'
  }
  if (requestHeader.clientCaFile !== '' && requestHeader.usernameHeaders.length === 0) {
    yield '--requestheader-client-ca-file needs --requestheader-username-headers'
  }
}

function* signingEndpointProblems(accounts: ServerConfig['authentication']['serviceAccounts']): Iterable<string> {
  const { signingEndpoint: endpoint, signingKeyFile, keyFiles } = accounts
  if (endpoint === '') return
  if (signingKeyFile !== '' || keyFiles.length > 0)
    yield "can't set `--service-account-signing-key-file` and/or `--service-account-key-file` with `--service-account-signing-endpoint` (They are mutually exclusive)"
  if (endpoint.startsWith('@') && !/^@([\w-]+\.)*[\w-]+$/.test(endpoint))
    yield `invalid value ${quote(endpoint)} passed for \`--service-account-signing-endpoint\`, when prefixed with @ must be a valid abstract socket name`
}

function* oidcProblems({
  authentication: { oidc, configFile },
}: Pick<ServerConfig, 'authentication'>): Iterable<string> {
  const { issuerUrl, clientId, usernameClaim, signingAlgorithms, ...texts } = oidc
  const isSet =
    issuerUrl !== '' ||
    clientId !== '' ||
    usernameClaim !== 'sub' ||
    signingAlgorithms.join() !== 'RS256' ||
    Object.values(texts).some((value) => (typeof value === 'string' ? value !== '' : Object.keys(value).length > 0))
  if (configFile !== '') {
    if (isSet) yield 'authentication-config file and oidc-* flags are mutually exclusive'
  } else if (isSet && (issuerUrl === '' || clientId === '')) {
    yield 'oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set'
  }
}

/** What upstream finds before it looks at the rest, and tells alone. */
function completionProblem({ authentication: { serviceAccounts } }: ServerConfig): string | undefined {
  const { maxTokenExpirationMs: longest, signingKeyFile, signingEndpoint, issuers } = serviceAccounts
  if (longest !== 0 && (longest < 3_600_000 || longest > 2 ** 32 * 1000))
    return 'the service-account-max-token-expiration must be between 1 hour and 2^32 seconds'
  if (signingKeyFile === '' || issuers.length === 0 || issuers[0] === '') return undefined
  if (signingEndpoint !== '')
    return 'service-account-signing-key-file and service-account-signing-endpoint are mutually exclusive and cannot be set at the same time'
  let pem: Buffer
  try {
    pem = readFileSync(signingKeyFile)
  } catch (error) {
    return `failed to parse service-account-issuer-key-file: ${(error as Error).message}`
  }
  try {
    createPrivateKey(pem)
    return undefined
  } catch {
    return `failed to parse service-account-issuer-key-file: error reading private key file ${signingKeyFile}: data does not contain a valid RSA or ECDSA private key`
  }
}

function* unreadable(files: readonly string[], what: string): Iterable<string> {
  for (const file of files) {
    if (file === '') continue
    try {
      readFileSync(file)
    } catch (error) {
      yield `${what}${what === '' ? '' : ': '}${(error as Error).message}`
    }
  }
}

/** Whether two bundles have a certificate in common. Files that cannot be read are told of elsewhere. */
function overlap(one: string, other: string): boolean {
  if (one === '' || other === '') return false
  const certificates = (file: string): string[] => {
    try {
      const blocks = readFileSync(file, 'utf8').match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g)
      return (blocks ?? []).map((block) => new X509Certificate(block).fingerprint256)
    } catch {
      return []
    }
  }
  const known = new Set(certificates(one))
  return certificates(other).some((print) => known.has(print))
}

const configAndModes =
  '--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined'

const modes = new Set(['AlwaysAllow', 'AlwaysDeny', 'ABAC', 'Webhook', 'RBAC', 'Node'])

function* authorizationProblems({ authorization }: ServerConfig): Iterable<string> {
  const { configFile, policyFile, webhook } = authorization
  if (configFile !== '') {
    if (authorization.modes.length > 0 || webhook.configFile !== '') yield configAndModes
    return
  }
  if (authorization.modes.length === 0) yield 'at least one authorization-mode must be passed'
  for (const mode of authorization.modes) {
    if (!modes.has(mode)) yield `authorization-mode ${quote(mode)} is not a valid mode`
    else if (mode === 'ABAC' && policyFile === '')
      yield "authorization-mode ABAC's authorization policy file not passed"
    else if (mode === 'Webhook' && webhook.configFile === '')
      yield "authorization-mode Webhook's authorization config file not passed"
  }
  if (policyFile !== '' && !authorization.modes.includes('ABAC'))
    yield 'cannot specify --authorization-policy-file without mode ABAC'
  if (webhook.configFile !== '' && !authorization.modes.includes('Webhook'))
    yield 'cannot specify --authorization-webhook-config-file without mode Webhook'
  if (new Set(authorization.modes).size < authorization.modes.length) {
    yield `authorization-mode ${quoteList(authorization.modes)} has mode specified more than once`
  }
}

function* admissionProblems({ admission: { only, enable, disable } }: ServerConfig): Iterable<string> {
  if (only.length > 0 && enable.length + disable.length > 0)
    yield 'admission-control and enable-admission-plugins/disable-admission-plugins flags are mutually exclusive'
  const known = new Set(admissionPluginNames)
  for (const name of only) if (!known.has(name)) yield `admission-control plugin ${quote(name)} is unknown`
  for (const name of enable) if (!known.has(name)) yield `enable-admission-plugins plugin ${quote(name)} is unknown`
  for (const name of disable) if (!known.has(name)) yield `disable-admission-plugins plugin ${quote(name)} is unknown`
  const both = [...new Set(enable)].filter((name) => disable.includes(name)).sort()
  if (both.length > 0) yield `[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`
}

function* logProblems({ logs }: ServerConfig): Iterable<string> {
  if (!['text', 'json'].includes(logs.format))
    yield `format: Invalid value: ${quote(logs.format)}: Unsupported log format`
  if (logs.vmodule !== '' && logs.format !== 'text') yield 'vmodule: Forbidden: Only supported for text log format'
}

function* networkProblems({ network, generic }: ServerConfig): Iterable<string> {
  const ranges = network.serviceClusterIpRanges.map(parseCidr)
  if (ranges.length > 2) yield '--service-cluster-ip-range must not contain more than two entries'
  const [first, second] = ranges
  if (first === undefined) yield 'service-cluster-ip-range[0] is not a valid cidr'
  else if (cidrSize(first) < 8) yield 'the service cluster IP range must be at least 8 IP addresses'
  if (ranges.length > 1 && second === undefined) yield 'service-cluster-ip-range[1] is not an ip net'
  if (first !== undefined && second !== undefined && first.family === second.family) {
    yield '--service-cluster-ip-range[0] and --service-cluster-ip-range[1] must be of different IP family'
  }
  const port = network.kubernetesServiceNodePort
  const nodePorts = network.serviceNodePortRange
  if (port < 0 || port > 65_535) {
    yield `--kubernetes-service-node-port ${port} must be between 0 and 65535, inclusive. If 0, the Kubernetes master service will be of type ClusterIP`
  } else if (port > 0 && (port < nodePorts[0] || port > nodePorts[1])) {
    yield `kubernetes service node port range ${nodePorts.join('-')} doesn't contain ${port}`
  }
  if (!['lease', 'master-count', 'none'].includes(network.endpointReconciler)) {
    yield `--endpoint-reconciler-type ${quote(network.endpointReconciler)} must be one of lease, master-count, none`
  }
  if (network.apiServerCount <= 0) {
    yield `--apiserver-count should be a positive number, but value '${network.apiServerCount}' provided`
  }
  if (isIP(generic.advertiseAddress) === 0) {
    yield `--advertise-address ${quote(generic.advertiseAddress)} is not an IP address`
  } else if (
    first !== undefined &&
    network.endpointReconciler !== 'none' &&
    isIP(generic.advertiseAddress) !== first.family
  ) {
    yield `service IP family ${quote(network.serviceClusterIpRanges[0]!)} must match public address family ${quote(generic.advertiseAddress)}`
  }
  if (network.eventTtlMs < 0) yield '--event-ttl can not be negative value'
}

function* kubeletProblems({ kubelets }: ServerConfig): Iterable<string> {
  const { clientCertFile, clientKeyFile, certificateAuthorityFile } = kubelets
  if ((clientCertFile === '') !== (clientKeyFile === ''))
    yield '--kubelet-client-certificate and --kubelet-client-key go together'
  yield* unreadable([clientCertFile], '--kubelet-client-certificate')
  yield* unreadable([clientKeyFile], '--kubelet-client-key')
  yield* unreadable([certificateAuthorityFile], '--kubelet-certificate-authority')
}

function* aggregatorProblems({ aggregator }: ServerConfig): Iterable<string> {
  const { proxyClientCertFile: certFile, proxyClientKeyFile: keyFile } = aggregator
  if (certFile !== '' || keyFile !== '') {
    yield* pairProblems({ kind: 'files', certFile, keyFile }, '--proxy-client-cert-file and --proxy-client-key-file')
  }
}
