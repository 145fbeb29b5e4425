import { join } from 'node:path'
import type { Section } from './flag.js'
import { sections, withDefaults } from './flags/table.js'

/** One of the executables. */
export interface Command {
  readonly name: 'kats' | 'kube-apiserver'
  readonly purpose: string
  readonly flags: readonly Section[]
}

const serverPurpose = `The Kubernetes API server: it validates and stores the objects of the API, such as pods, services and
deployments, and serves them over REST to all other parts of a cluster.`

const katsPurpose = `A Kubernetes API server in one process, ready to use. It is kube-apiserver with other defaults: objects, a
certificate authority, keys and a kubeconfig are made in --data-dir, and it listens on this machine only.
Started under the name kube-apiserver, it has that one's defaults.`

/** The modes of `kats`, those of a cluster: an administrator's certificate and token are made for it. */
export const katsAuthorizationModes: readonly string[] = ['Node', 'RBAC']

/** No controller comes with it that would make the accounts which ServiceAccount wants pods to have. */
export const katsDisabledPlugins: readonly string[] = ['ServiceAccount']

/** @param environment names XDG_DATA_HOME, HOME and KATS_DATA_DIR, which decide where `kats` keeps its data */
export function command(program: string, environment: Readonly<Record<string, string | undefined>>): Command {
  if (program === 'kube-apiserver') return { name: program, purpose: serverPurpose, flags: sections }
  const flags = withDefaults(sections, {
    'allow-privileged': true,
    'authorization-mode': katsAuthorizationModes,
    'disable-admission-plugins': katsDisabledPlugins,
    'bind-address': '127.0.0.1',
    'cert-dir': '',
    'data-dir': dataDir(environment),
    'service-account-issuer': ['https://kubernetes.default.svc.cluster.local'],
    'service-cluster-ip-range': '10.96.0.0/16',
  })
  return { name: 'kats', purpose: katsPurpose, flags }
}

function dataDir(environment: Readonly<Record<string, string | undefined>>): string {
  const { KATS_DATA_DIR: own, XDG_DATA_HOME: shared, HOME: home = '.' } = environment
  if (own) return own
  return join(shared || join(home, '.local', 'share'), 'kats')
}
