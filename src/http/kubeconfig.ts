import { readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { canonicalBase64, isObject, quote } from '../api/index.js'
import { interpret, parseYaml } from '../codec/index.js'
import { ClientIdentity } from './client-identity.js'
import { type Dialer, proxyDialer } from './dialer.js'
import type { ExecConfig } from './exec-plugin.js'
import type { RestTarget } from './rest-client.js'

/** A file in the form that kubectl reads, with paths made absolute. Maps keep what users call things away from object keys. */
export interface Kubeconfig {
  readonly currentContext: string
  readonly clusters: ReadonlyMap<string, KubeconfigCluster>
  readonly users: ReadonlyMap<string, KubeconfigUser>
  readonly contexts: ReadonlyMap<
    string,
    { readonly cluster: string; readonly user: string; readonly namespace: string }
  >
}

/** Where a server is and how it proves that it is the one. Empty strings: not given. */
export interface KubeconfigCluster {
  readonly server: string
  readonly tlsServerName: string
  readonly insecureSkipTlsVerify: boolean
  readonly certificateAuthority: string
  /** PEM. */
  readonly certificateAuthorityData: string
  readonly proxyUrl: string
  /** What a program that is asked who we are wants to know besides; any JSON. */
  readonly execConfig: unknown
}

/** Who one is to a server. Empty strings: not given. */
export interface KubeconfigUser {
  readonly clientCertificate: string
  /** PEM, as is the key. */
  readonly clientCertificateData: string
  readonly clientKey: string
  readonly clientKeyData: string
  readonly token: string
  readonly tokenFile: string
  readonly username: string
  readonly password: string
  readonly impersonate: string
  readonly impersonateUid: string
  readonly impersonateGroups: readonly string[]
  readonly impersonateExtra: ReadonlyMap<string, readonly string[]>
  /** A program is asked who we are. */
  readonly exec: ExecConfig | undefined
  /** Providers are no more: refused where the user is needed. */
  readonly authProvider: boolean
}

/** What a client needs to talk to the server of the current context. */
export interface ClientConfig {
  /** Scheme, host and path, without query. http is allowed, as upstream allows it; then nobody is told who we are. */
  readonly url: string
  /** PEM; undefined: the authorities of the system. */
  readonly ca: string | undefined
  /** The name that the certificate must have, and that is asked for; empty: the host of the URL. */
  readonly serverName: string
  readonly insecureSkipTlsVerify: boolean
  /** http, https or socks5 URL of a proxy; empty: none. */
  readonly proxyUrl: string
  readonly identity: ClientIdentity
}

/**
 * Reads a kubeconfig.
 *
 * @throws Error in the words of client-go tools/clientcmd
 */
export async function readKubeconfig(file: string): Promise<Kubeconfig> {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    throw new Error(`stat ${file}: no such file or directory`)
  }
  try {
    return await parseKubeconfig(readFileSync(file), dirname(file))
  } catch (error) {
    throw new Error(`error loading config file ${JSON.stringify(file)}: ${(error as Error).message}`)
  }
}

const execExtension = 'client.authentication.k8s.io/exec'

/** @param folder what relative paths start from */
export async function parseKubeconfig(bytes: Buffer, folder: string): Promise<Kubeconfig> {
  const { value } = await parseYaml(bytes)
  const { group, version, kind } = interpret(value, undefined)
  if ((kind !== '' && kind !== 'Config') || group !== '' || (version !== '' && version !== 'v1')) {
    throw new Error(
      `no kind ${quote(kind)} is registered for version ${quote(version === '' ? 'v1' : version)} in scheme "pkg/runtime/scheme.go:111"`,
    )
  }
  const config = new Fields(value ?? {}, '', folder)
  return {
    currentContext: config.text('current-context'),
    clusters: named(config, 'clusters', 'cluster', (cluster) => ({
      server: cluster.text('server'),
      tlsServerName: cluster.text('tls-server-name'),
      insecureSkipTlsVerify: cluster.flag('insecure-skip-tls-verify'),
      certificateAuthority: cluster.path('certificate-authority'),
      certificateAuthorityData: cluster.data('certificate-authority-data'),
      proxyUrl: cluster.text('proxy-url'),
      execConfig: cluster
        .objects('extensions')
        .find((one) => one.text('name') === execExtension)
        ?.any('extension'),
    })),
    users: named(config, 'users', 'user', (user) => ({
      clientCertificate: user.path('client-certificate'),
      clientCertificateData: user.data('client-certificate-data'),
      clientKey: user.path('client-key'),
      clientKeyData: user.data('client-key-data'),
      token: user.text('token'),
      tokenFile: user.path('tokenFile'),
      username: user.text('username'),
      password: user.text('password'),
      impersonate: user.text('as'),
      impersonateUid: user.text('as-uid'),
      impersonateGroups: user.texts('as-groups'),
      impersonateExtra: user.lists('as-user-extra'),
      exec: user.has('exec') ? execConfig(user.object('exec')) : undefined,
      authProvider: user.has('auth-provider'),
    })),
    contexts: named(config, 'contexts', 'context', (context) => ({
      cluster: context.text('cluster'),
      user: context.text('user'),
      namespace: context.text('namespace'),
    })),
  }
}

/**
 * The server and user of the current context.
 *
 * @throws Error that begins with "invalid configuration" and says all that is wrong, in the words of client-go
 */
export function clientConfigOf(kubeconfig: Kubeconfig): ClientConfig {
  const name = kubeconfig.currentContext
  const context = kubeconfig.contexts.get(name)
  const cluster = kubeconfig.clusters.get(context?.cluster ?? '')
  const user = kubeconfig.users.get(context?.user ?? '')
  const problems = [
    ...(name !== '' && context === undefined ? [`context was not found for specified context: ${name}`] : []),
    ...(user === undefined ? [] : userProblems(context?.user ?? '', user)),
    ...clusterProblems(context?.cluster ?? '', cluster),
  ]
  if (problems.length === 1 && problems[0] === emptyCluster) problems[0] = emptyConfig
  if (problems.length > 0) throw new Error(`invalid configuration: ${aggregate(problems)}`)
  const { server, tlsServerName, insecureSkipTlsVerify, certificateAuthority, proxyUrl } = cluster!
  const data = cluster!.certificateAuthorityData
  const ca = data !== '' ? data : certificateAuthority !== '' ? readFileSync(certificateAuthority, 'utf8') : undefined
  if (ca !== undefined && insecureSkipTlsVerify) {
    throw new Error('specifying a root certificates file with the insecure flag is not allowed')
  }
  if (ca !== undefined && !/-----BEGIN [^-]+-----[\s\S]+-----END /.test(ca)) {
    throw new Error('unable to load root certificates: unable to parse bytes as PEM block')
  }
  const certified = user !== undefined && user.clientCertificate + user.clientCertificateData !== ''
  const url = serverUrl(server, ca !== undefined || insecureSkipTlsVerify || certified)
  const told = {
    server,
    ...(tlsServerName !== '' && { 'tls-server-name': tlsServerName }),
    ...(insecureSkipTlsVerify && { 'insecure-skip-tls-verify': true }),
    ...(ca !== undefined && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
    ...(proxyUrl !== '' && { 'proxy-url': proxyUrl }),
    config: cluster!.execConfig ?? null,
  }
  const identity = new ClientIdentity(url.startsWith('https:') ? user : undefined, Date.now, told)
  return { url, ca, serverName: tlsServerName, insecureSkipTlsVerify, proxyUrl, identity }
}

/** Who is called by a configuration. @param dial how, where the configuration names no proxy */
export function restTarget(config: ClientConfig, dial?: Dialer): RestTarget {
  const { url, ca, serverName, insecureSkipTlsVerify: insecure, identity, proxyUrl } = config
  return {
    url,
    ca,
    identity,
    insecure,
    serverName: serverName || undefined,
    dial: proxyUrl === '' ? dial : proxyDialer(proxyUrl),
  }
}

function serverUrl(server: string, secure: boolean): string {
  const text = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(server) ? server : `${secure ? 'https' : 'http'}://${server}`
  if (!URL.canParse(text)) throw new Error(`host must be a URL or a host:port pair: ${quote(server)}`)
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new Error(`unsupported protocol scheme ${quote(url.protocol.slice(0, -1))}`)
  }
  url.search = ''
  url.hash = ''
  return url.href
}

const emptyCluster = 'cluster has no server defined'
const emptyConfig = 'no configuration has been provided, try setting KUBERNETES_MASTER environment variable'

function* clusterProblems(name: string, cluster: KubeconfigCluster | undefined): Iterable<string> {
  if (cluster === undefined) {
    yield emptyCluster
    return
  }
  const { server, proxyUrl, certificateAuthority, certificateAuthorityData } = cluster
  if (server === '') {
    yield name === '' ? 'default cluster has no server defined' : `no server found for cluster ${quote(name)}`
  }
  const scheme = proxyUrl === '' ? undefined : /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(proxyUrl)?.[1]
  if (proxyUrl !== '' && !['http', 'https', 'socks5'].includes(scheme ?? '')) {
    const why = `unsupported scheme ${quote(scheme ?? '')}, must be http, https, or socks5`
    yield `invalid 'proxy-url' ${quote(proxyUrl)} for cluster ${quote(name)}: ${why}`
  }
  if (certificateAuthority === '') return
  if (certificateAuthorityData !== '') {
    yield `certificate-authority-data and certificate-authority are both specified for ${name}. certificate-authority-data will override.`
  }
  yield* unreadable(certificateAuthority, 'certificate-authority', name)
}

function* userProblems(name: string, user: KubeconfigUser): Iterable<string> {
  const { clientCertificate, clientCertificateData, clientKey, clientKeyData } = user
  if (clientCertificate !== '' || clientCertificateData !== '') {
    if (clientCertificate !== '' && clientCertificateData !== '') {
      yield `client-cert-data and client-cert are both specified for ${name}. client-cert-data will override.`
    }
    if (clientKey !== '' && clientKeyData !== '') {
      yield `client-key-data and client-key are both specified for ${name}; client-key-data will override`
    }
    if (clientKey === '' && clientKeyData === '') {
      yield `client-key-data or client-key must be specified for ${name} to use the clientCert authentication method.`
    }
    if (clientCertificate !== '') yield* unreadable(clientCertificate, 'client-cert', name)
    if (clientKey !== '') yield* unreadable(clientKey, 'client-key', name)
  }
  if (user.exec !== undefined) yield* execProblems(name, user.exec, user.authProvider)
  else if (user.authProvider) yield `no Auth Provider found, and user ${quote(name)} has one`
  if (user.token !== '' && (user.username !== '' || user.password !== '')) {
    yield `more than one authentication method found for ${name}; found [token basicAuth], only one is allowed`
  }
  const more = user.impersonateUid !== '' || user.impersonateGroups.length > 0 || user.impersonateExtra.size > 0
  if (more && user.impersonate === '') {
    yield `requesting uid, groups or user-extra for ${name} without impersonating a user`
  }
}

function* execProblems(name: string, exec: ExecConfig, authProvider: boolean): Iterable<string> {
  const use = `must be specified for ${name} to use exec authentication plugin`
  if (authProvider) yield `authProvider cannot be provided in combination with an exec plugin for ${name}`
  if (exec.command === '') yield `command ${use}`
  if (exec.apiVersion === '') yield `apiVersion ${use}`
  for (const variable of exec.env) if (variable.name === '') yield `env variable name ${use}`
  const mode = exec.interactiveMode
  if (mode === '') yield `interactiveMode ${use}`
  else if (!interactiveModes.has(mode)) yield `invalid interactiveMode for ${name}: ${quote(mode)}`
}

const interactiveModes = new Set(['Never', 'IfAvailable', 'Always'])

function* unreadable(file: string, what: string, name: string): Iterable<string> {
  try {
    readFileSync(file)
  } catch (error) {
    yield `unable to read ${what} ${file} for ${name} due to ${openError(error as NodeJS.ErrnoException, file)}`
  }
}

const openError = ({ code, message }: NodeJS.ErrnoException, file: string): string =>
  code === 'ENOENT' ? `open ${file}: no such file or directory` : message

function aggregate(problems: readonly string[]): string {
  return problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`
}

function execConfig(exec: Fields): ExecConfig {
  const apiVersion = exec.text('apiVersion')
  const given = exec.text('interactiveMode')
  const command = exec.text('command')
  return {
    // What has no slash is looked for in PATH.
    command: command.includes('/') ? exec.path('command') : command,
    args: exec.texts('args'),
    env: exec.objects('env').map((variable) => ({ name: variable.text('name'), value: variable.text('value') })),
    apiVersion,
    installHint: exec.text('installHint'),
    provideClusterInfo: exec.flag('provideClusterInfo'),
    // The newest version wants to be told.
    interactiveMode: given === '' && /\/v1(?:alpha|beta)1$/.test(apiVersion) ? 'IfAvailable' : given,
  }
}

function named<T>(config: Fields, list: string, member: string, read: (fields: Fields) => T): ReadonlyMap<string, T> {
  const found = new Map<string, T>()
  for (const entry of config.objects(list)) {
    const name = entry.text('name')
    if (found.has(name)) throw new Error(`duplicate name ${quote(name)} in list ${list}`)
    found.set(name, read(entry.object(member)))
  }
  return found
}

/** Reads members of one object; what is of another type is an error, what is absent or null is empty. */
class Fields {
  readonly #value: Readonly<Record<string, unknown>>

  constructor(
    value: unknown,
    readonly where: string,
    readonly folder: string,
  ) {
    if (!isObject(value)) throw this.#wrong('', 'an object')
    this.#value = value
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined
  }

  any(name: string): unknown {
    return this.#get(name)
  }

  text(name: string): string {
    const value = this.#get(name) ?? ''
    if (typeof value !== 'string') throw this.#wrong(name, 'a string')
    return value
  }

  flag(name: string): boolean {
    const value = this.#get(name) ?? false
    if (typeof value !== 'boolean') throw this.#wrong(name, 'a boolean')
    return value
  }

  path(name: string): string {
    const value = this.text(name)
    return value === '' || isAbsolute(value) ? value : join(this.folder, value)
  }

  /** Base64 of PEM. */
  data(name: string): string {
    return Buffer.from(canonicalBase64(this.text(name)), 'base64').toString()
  }

  texts(name: string): readonly string[] {
    const value = this.#get(name) ?? []
    if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) throw this.#wrong(name, 'strings')
    return value
  }

  lists(name: string): ReadonlyMap<string, readonly string[]> {
    const value = this.object(name)
    return new Map(Object.keys(value.#value).map((key) => [key, value.texts(key)]))
  }

  object(name: string): Fields {
    return new Fields(this.#get(name) ?? {}, this.#path(name), this.folder)
  }

  objects(name: string): readonly Fields[] {
    const value = this.#get(name) ?? []
    if (!Array.isArray(value)) throw this.#wrong(name, 'a list')
    return value.map((one, i) => new Fields(one ?? {}, `${this.#path(name)}[${i}]`, this.folder))
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#value, name) ? (this.#value[name] ?? undefined) : undefined
  }

  #path(name: string): string {
    return this.where === '' || name === '' ? `${this.where}${name}` : `${this.where}.${name}`
  }

  #wrong(name: string, what: string): Error {
    const path = this.#path(name)
    return new Error(path === '' ? `the file must be ${what}` : `${path} must be ${what}`)
  }
}
