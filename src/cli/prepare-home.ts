import { createPrivateKey, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import {
  type CertificateOptions,
  completeConfig,
  createCertificate,
  type PemPair,
  type ServerOptions,
  writePrivate,
} from '../server/index.js'

const day = 24 * 3_600_000

/** A data folder with everything a server and its administrator need. */
export interface Home {
  /** The options, with all files named that were made. What was given is kept. */
  readonly options: ServerOptions
  /** Absolute. */
  readonly kubeconfig: string
  /** PEM of the authority that signed the serving certificate; empty if that was given. */
  readonly authority: string
  /** The administrator's way in: what the server will believe. */
  readonly credentials: { readonly pair?: PemPair; readonly token?: string }
}

/**
 * Makes what is missing below the data folder, and finds again what is there: in pki/ an authority, a serving
 * certificate for all names of the server, a key for service account tokens, an administrator's certificate and token, and
 * what aggregated servers know this one by (an authority of its own, as whoever it signs for may say that they are anybody).
 * All of it may be read by its owner only. Certificates are made anew when they have less than 30 days to live, the
 * names have changed, or the authority has.
 *
 * @throws Error if the folder cannot be written
 */
export function prepareHome(options: ServerOptions): Home {
  const folder = resolve(options.store?.dataDir || '.')
  const pki = join(folder, 'pki')
  mkdirSync(pki, { recursive: true, mode: 0o700 })
  const now = Date.now()
  const authority = keptPair(join(pki, 'ca'), now, undefined, {
    ...lifetime(now, 3650),
    commonName: 'kats-ca',
    usage: 'authority',
  })

  const serving = options.secureServing ?? {}
  const authentication = options.authentication ?? {}
  const accounts = authentication.serviceAccounts ?? {}
  const ownCertificate = serving.certificate === undefined
  const ownClientCa = !authentication.clientCaFile
  const ownTokens = !authentication.tokenAuthFile
  if (ownCertificate) {
    keptPair(join(pki, 'apiserver'), now, authority, {
      ...lifetime(now, 365),
      ...servingNames(options),
      commonName: 'kube-apiserver',
      usage: 'server',
    })
  }
  const admin = keptPair(join(pki, 'admin'), now, authority, {
    ...lifetime(now, 365),
    commonName: 'kubernetes-admin',
    organizations: ['system:masters'],
    usage: 'client',
  })
  const token = kept(join(folder, 'admin.token'), () => randomBytes(24).toString('base64url'))
  if (ownTokens) writePrivate(join(pki, 'tokens.csv'), `${token},kubernetes-admin,kubernetes-admin,"system:masters"\n`)
  const signingKeyFile = accounts.signingKeyFile || (accounts.signingEndpoint ? '' : join(pki, 'service-account.key'))
  if (!accounts.signingKeyFile && signingKeyFile !== '') kept(signingKeyFile, newSigningKey)

  const proxy = frontProxy(options, pki, now)

  return {
    kubeconfig: join(folder, 'admin.kubeconfig'),
    authority: ownCertificate ? authority.cert : '',
    credentials: ownClientCa ? { pair: admin } : ownTokens ? { token } : {},
    options: {
      ...options,
      ...(proxy === undefined ? {} : { aggregator: { ...options.aggregator, ...proxy.aggregator } }),
      secureServing: {
        ...serving,
        certificate: serving.certificate ?? {
          kind: 'files',
          certFile: join(pki, 'apiserver.crt'),
          keyFile: join(pki, 'apiserver.key'),
        },
      },
      authentication: {
        ...authentication,
        clientCaFile: authentication.clientCaFile || join(pki, 'ca.crt'),
        tokenAuthFile: authentication.tokenAuthFile || join(pki, 'tokens.csv'),
        serviceAccounts: { ...accounts, signingKeyFile },
        ...(proxy === undefined ? {} : { requestHeader: proxy.requestHeader }),
      },
    },
  }
}

/** Writes the administrator's kubeconfig, for its owner only. JSON is YAML. */
export function writeKubeconfig({ kubeconfig, authority, credentials }: Home, url: string): void {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const { pair, token } = credentials
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'kats',
        cluster: { server: url, ...(authority === '' ? {} : { 'certificate-authority-data': base64(authority) }) },
      },
    ],
    users: [
      {
        name: 'kubernetes-admin',
        user:
          pair !== undefined
            ? { 'client-certificate-data': base64(pair.cert), 'client-key-data': base64(pair.key) }
            : token !== undefined
              ? { token }
              : {},
      },
    ],
    contexts: [{ name: 'kats', context: { cluster: 'kats', user: 'kubernetes-admin' } }],
    'current-context': 'kats',
  }
  writePrivate(kubeconfig, `${JSON.stringify(config, null, 2)}\n`)
}

/** The names that everybody has for these headers. Undefined: front proxies are somebody else's business. */
function frontProxy(
  { aggregator, authentication }: ServerOptions,
  pki: string,
  now: number,
):
  | (Pick<Required<ServerOptions>, 'aggregator'> & Pick<NonNullable<ServerOptions['authentication']>, 'requestHeader'>)
  | undefined {
  if (aggregator?.proxyClientCertFile || authentication?.requestHeader?.clientCaFile) return undefined
  const given = authentication?.requestHeader ?? {}
  const commonName = 'front-proxy-client'
  const [ca, client] = [join(pki, 'front-proxy-ca'), join(pki, commonName)]
  const authority = keptPair(ca, now, undefined, {
    ...lifetime(now, 3650),
    commonName: 'front-proxy-ca',
    usage: 'authority',
  })
  keptPair(client, now, authority, { ...lifetime(now, 365), commonName, usage: 'client' })
  return {
    aggregator: { proxyClientCertFile: `${client}.crt`, proxyClientKeyFile: `${client}.key` },
    requestHeader: {
      clientCaFile: `${ca}.crt`,
      allowedNames: given.allowedNames?.length ? given.allowedNames : [commonName],
      usernameHeaders: given.usernameHeaders?.length ? given.usernameHeaders : ['X-Remote-User'],
      uidHeaders: given.uidHeaders?.length ? given.uidHeaders : ['X-Remote-Uid'],
      groupHeaders: given.groupHeaders?.length ? given.groupHeaders : ['X-Remote-Group'],
      extraHeaderPrefixes: given.extraHeaderPrefixes?.length ? given.extraHeaderPrefixes : ['X-Remote-Extra-'],
    },
  }
}

/** All that clients may call this server. */
function servingNames(options: ServerOptions): Pick<CertificateOptions, 'dnsNames' | 'ipAddresses'> {
  // Completed with a certificate in hand, so that none is made for it.
  const { generic, secureServing, network } = completeConfig({
    ...options,
    secureServing: { ...options.secureServing, certificate: { kind: 'pem', cert: '', key: '' } },
  })
  const { bindAddress } = secureServing
  const addresses = ['127.0.0.1', '::1', generic.advertiseAddress, bindAddress, network.apiServerServiceIp]
  const name = generic.externalHost === generic.advertiseAddress ? [] : [generic.externalHost]
  return {
    dnsNames: [
      'localhost',
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
      hostname(),
      ...name,
    ].filter((text) => /^[\w.-]+$/.test(text)),
    ipAddresses: [...new Set(addresses)].filter((text) => text !== '' && text !== '0.0.0.0' && text !== '::'),
  }
}

const lifetime = (now: number, days: number): Pick<CertificateOptions, 'notBefore' | 'notAfter'> => ({
  notBefore: new Date(now - 3_600_000),
  notAfter: new Date(now + days * day),
})

/** The pair in `base`.crt and `base`.key if it is still good, a new one otherwise. */
function keptPair(base: string, now: number, authority: PemPair | undefined, options: CertificateOptions): PemPair {
  const old = readPair(base)
  if (old !== undefined && good(old, now, authority, options)) return old
  const made = createCertificate(options, authority)
  writePrivate(`${base}.key`, made.key)
  writePrivate(`${base}.crt`, made.cert)
  return made
}

function readPair(base: string): PemPair | undefined {
  const [cert, key] = [readText(`${base}.crt`), readText(`${base}.key`)]
  return cert === undefined || key === undefined ? undefined : { cert, key }
}

function good(pair: PemPair, now: number, authority: PemPair | undefined, options: CertificateOptions): boolean {
  try {
    const certificate = new X509Certificate(pair.cert)
    return (
      certificate.checkPrivateKey(createPrivateKey(pair.key)) &&
      Date.parse(certificate.validTo) > now + 30 * day &&
      (authority === undefined || certificate.verify(new X509Certificate(authority.cert).publicKey)) &&
      (options.dnsNames ?? []).every((name) => certificate.checkHost(name) !== undefined) &&
      (options.ipAddresses ?? []).every((address) => certificate.checkIP(address) !== undefined)
    )
  } catch {
    return false
  }
}

/** The text of a file, made if it is not there. */
function kept(file: string, make: () => string): string {
  const old = readText(file)
  if (old !== undefined && old !== '') return old.trim()
  const text = make()
  writePrivate(file, `${text.trim()}\n`)
  return text
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

const newSigningKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
