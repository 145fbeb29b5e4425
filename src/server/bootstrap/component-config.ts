import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Subscription } from '../../store/index.js'
import type { Loopback } from '../loopback.js'

/** What extension servers need to know to trust this one's word on who is asking. Empty: not configured. */
export interface AuthenticationFacts {
  readonly clientCaFile: string
  readonly requestHeaderClientCaFile: string
  readonly allowedNames: readonly string[]
  readonly usernameHeaders: readonly string[]
  readonly uidHeaders: readonly string[]
  readonly groupHeaders: readonly string[]
  readonly extraHeaderPrefixes: readonly string[]
}

const namespace = 'kube-system'
const name = 'extension-apiserver-authentication'
const resource = '/configmaps'

/**
 * ConfigMap extension-apiserver-authentication: the certificate authorities and header names of this server, put to what other
 * servers of the cluster have written there. Authorities that have expired are left out.
 * Source: kubernetes pkg/controlplane/controller/clusterauthenticationtrust.
 */
export async function publishAuthentication(loopback: Loopback, facts: AuthenticationFacts): Promise<void> {
  const read = (file: string) => (file === '' ? '' : readFile(file, 'utf8'))
  const clients = await read(facts.clientCaFile)
  const frontProxies = await read(facts.requestHeaderClientCaFile)
  if (clients === '' && frontProxies === '') return
  const data = (before: Readonly<Record<string, string>>): Record<string, string> => {
    const bundle = (key: string, pem: string) => combined(before[key] ?? '', pem, loopback.now())
    const list = (key: string, own: readonly string[]) => JSON.stringify([...new Set([...listIn(before[key]), ...own])])
    const out: Record<string, string> = {}
    const clientCa = bundle('client-ca-file', clients)
    if (clientCa !== '') out['client-ca-file'] = clientCa
    const proxyCa = bundle('requestheader-client-ca-file', frontProxies)
    if (proxyCa === '') return out
    out['requestheader-client-ca-file'] = proxyCa
    out['requestheader-allowed-names'] = list('requestheader-allowed-names', facts.allowedNames)
    out['requestheader-extra-headers-prefix'] = list('requestheader-extra-headers-prefix', facts.extraHeaderPrefixes)
    out['requestheader-group-headers'] = list('requestheader-group-headers', facts.groupHeaders)
    const uids = list('requestheader-uid-headers', facts.uidHeaders)
    if (uids !== '[]') out['requestheader-uid-headers'] = uids
    out['requestheader-username-headers'] = list('requestheader-username-headers', facts.usernameHeaders)
    return out
  }
  await loopback.reconcile(resource, { metadata: { name, namespace }, data: data({}) }, (stored) => ({
    ...stored,
    data: data(stored.data ?? {}),
  }))
}

/** Calls `gone` whenever somebody has deleted that ConfigMap. */
export function onAuthenticationGone(loopback: Loopback, gone: () => void): Subscription {
  const registry = loopback.registry(resource)
  const key = registry.key(namespace, name)
  const { store } = registry.environment
  return store.changes(registry.prefix, store.revision, {
    changed(changes) {
      if (changes.some((change) => change.kind === 'deleted' && change.record.key === key)) gone()
    },
  })
}

/** What is no list is replaced. */
function listIn(text: string | undefined): string[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
  } catch {
    return []
  }
}

/** The certificates of two PEM bundles, each once. */
function combined(before: string, own: string, now: number): string {
  const seen = new Map<string, string>()
  for (const block of `${before}\n${own}`.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []) {
    try {
      const certificate = new X509Certificate(block)
      if (Date.parse(certificate.validTo) > now) seen.set(certificate.fingerprint256, certificate.toString())
    } catch {
      // Whoever wrote that: nobody can use it.
    }
  }
  return [...seen.values()].join('')
}

/**
 * ConfigMap kube-apiserver-legacy-service-account-token-tracking: since when uses of old tokens are noted. Never changed
 * once it is there. Source: kubernetes pkg/controlplane/controller/legacytokentracking.
 */
export async function publishTokenTracking(loopback: Loopback): Promise<void> {
  await loopback.ensure('/configmaps', {
    metadata: { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace },
    data: { since: new Date(loopback.now()).toISOString().slice(0, 10) },
  })
}
