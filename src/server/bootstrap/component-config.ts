import { readFile } from 'node:fs/promises'
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

/**
 * ConfigMap extension-apiserver-authentication: the certificate authorities and header names of this server.
 * Source: kubernetes pkg/controlplane/controller/clusterauthenticationtrust.
 */
export async function publishAuthentication(loopback: Loopback, facts: AuthenticationFacts): Promise<void> {
  const data: Record<string, string> = {}
  if (facts.clientCaFile !== '') data['client-ca-file'] = await readFile(facts.clientCaFile, 'utf8')
  if (facts.requestHeaderClientCaFile !== '') {
    data['requestheader-client-ca-file'] = await readFile(facts.requestHeaderClientCaFile, 'utf8')
    data['requestheader-allowed-names'] = JSON.stringify(facts.allowedNames)
    data['requestheader-extra-headers-prefix'] = JSON.stringify(facts.extraHeaderPrefixes)
    data['requestheader-group-headers'] = JSON.stringify(facts.groupHeaders)
    data['requestheader-uid-headers'] = JSON.stringify(facts.uidHeaders)
    data['requestheader-username-headers'] = JSON.stringify(facts.usernameHeaders)
  }
  if (Object.keys(data).length === 0) return
  await loopback.reconcile(
    '/configmaps',
    { metadata: { name: 'extension-apiserver-authentication', namespace }, data },
    (stored, wanted) => ({ ...stored, data: { ...stored.data, ...wanted.data } }),
  )
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
