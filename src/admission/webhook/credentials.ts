import { readConfiguration } from '../../codec/index.js'
import {
  type CallerIdentity,
  ClientIdentity,
  type Kubeconfig,
  type KubeconfigUser,
  readKubeconfig,
} from '../../http/index.js'
import type { HostCredentials } from './clients.js'

/**
 * The configuration of the plugins that ask webhooks: a kubeconfig whose users are named after the hosts they are for.
 * Undefined: it names none. Throws Error.
 */
export async function webhookCredentials(document: unknown): Promise<HostCredentials | undefined> {
  const fields = readConfiguration(document, 'WebhookAdmissionConfiguration', ['apiserver.config.k8s.io/v1'])
  const file = fields.text('kubeConfigFile')
  const manifests = fields.text('staticManifestsDir')
  fields.done()
  if (file !== '' && !file.startsWith('/'))
    throw new Error(`kubeConfigFile: Invalid value: ${JSON.stringify(file)}: must be an absolute file path`)
  if (manifests !== '')
    throw new Error(
      'staticManifestsDir: Forbidden: staticManifestsDir requires the ManifestBasedAdmissionControlConfig feature gate to be enabled',
    )
  return file === '' ? undefined : hostCredentials(await readKubeconfig(file))
}

/** Source: apiserver pkg/util/webhook/authentication.go. */
export function hostCredentials(kubeconfig: Kubeconfig): HostCredentials {
  const { users, contexts, currentContext } = kubeconfig
  return {
    identityFor(host): CallerIdentity | undefined {
      const withoutPort = host.endsWith(':443') ? host.slice(0, -4).replace(/^\[|\]$/g, '') : undefined
      const user =
        named(users, host) ??
        (withoutPort === undefined ? undefined : named(users, withoutPort)) ??
        users.get('*') ??
        users.get(contexts.get(currentContext)?.user ?? '')
      if (user?.authProvider === true) throw new Error('auth provider not supported')
      return user === undefined ? undefined : new ClientIdentity(user)
    },
  }
}

/** The user of a host, or of all hosts of a domain that it is in, the closest first. */
function named(users: ReadonlyMap<string, KubeconfigUser>, host: string): KubeconfigUser | undefined {
  const exact = users.get(host)
  if (exact !== undefined) return exact
  const steps = host.split('.')
  for (let i = 1; i < steps.length; i++) {
    const user = users.get(`*.${steps.slice(i).join('.')}`)
    if (user !== undefined) return user
  }
  return undefined
}
