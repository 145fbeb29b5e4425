import { dirname, resolve } from 'node:path'
import { parseYaml, readConfiguration } from '../../codec/index.js'
import type { EventLimit } from '../plugins/event-rate-limit.js'
import type { TolerationLists } from '../plugins/pod-toleration-restriction.js'
import type { PodSecurityConfiguration } from '../pod-security/pod-security.js'
import type { LimitedResource } from '../resource-quota/check.js'
import type { HostCredentials } from '../webhook/clients.js'
import { webhookCredentials } from '../webhook/credentials.js'
import type { ImagePolicy } from '../webhook/image-policy.js'
import { imagePolicy } from '../webhook/image-policy-configuration.js'
import { eventLimits, limitedResources, nodeSelectors, podSecurityConfiguration, tolerationLists } from './plugins.js'

/** What plugins can be told. Absent: what they do of their own accord. */
export interface AdmissionConfiguration {
  readonly podSecurity?: PodSecurityConfiguration
  readonly resourceQuota?: readonly LimitedResource[]
  readonly eventRateLimit?: readonly EventLimit[]
  readonly podNodeSelector?: Readonly<Record<string, string>>
  readonly podTolerationRestriction?: TolerationLists
  readonly imagePolicy?: ImagePolicy
  readonly mutatingWebhooks?: HostCredentials
  readonly validatingWebhooks?: HostCredentials
}

export type ReadFile = (path: string) => Promise<Buffer> | Buffer

/**
 * Reads the file of --admission-control-config-file and the files it names.
 *
 * @param file empty: there is none
 * @param enabled plugins that are on: others are not looked at
 * @throws Error that says what is wrong, and with which plugin's part
 * @see apiserver pkg/admission/config.go
 */
export async function readAdmissionConfiguration(
  file: string,
  enabled: readonly string[],
  readFile: ReadFile,
): Promise<AdmissionConfiguration> {
  const documents = file === '' ? new Map<string, unknown>() : await documentsOf(file, enabled, readFile)
  const part = async <T>(name: string, of: (document: unknown) => Promise<T> | T): Promise<T | undefined> => {
    if (!enabled.includes(name)) return undefined
    const document = documents.get(name)
    if (document === undefined && !needing.has(name)) return undefined
    try {
      return await of(document)
    } catch (error) {
      throw new Error(`couldn't init admission plugin "${name}": ${(error as Error).message}`)
    }
  }
  const podSecurity = await part('PodSecurity', podSecurityConfiguration)
  const resourceQuota = await part('ResourceQuota', limitedResources)
  const eventRateLimit = await part('EventRateLimit', eventLimits)
  const podNodeSelector = await part('PodNodeSelector', nodeSelectors)
  const podTolerationRestriction = await part('PodTolerationRestriction', tolerationLists)
  const imagePolicyWebhook = await part('ImagePolicyWebhook', imagePolicy)
  const mutatingWebhooks = await part('MutatingAdmissionWebhook', webhookCredentials)
  const validatingWebhooks = await part('ValidatingAdmissionWebhook', webhookCredentials)
  return {
    ...(podSecurity === undefined ? {} : { podSecurity }),
    ...(resourceQuota === undefined ? {} : { resourceQuota }),
    ...(eventRateLimit === undefined ? {} : { eventRateLimit }),
    ...(podNodeSelector === undefined ? {} : { podNodeSelector }),
    ...(podTolerationRestriction === undefined ? {} : { podTolerationRestriction }),
    ...(imagePolicyWebhook === undefined ? {} : { imagePolicy: imagePolicyWebhook }),
    ...(mutatingWebhooks === undefined ? {} : { mutatingWebhooks }),
    ...(validatingWebhooks === undefined ? {} : { validatingWebhooks }),
  }
}

/** Plugins that cannot do without a configuration. */
const needing = new Set(['EventRateLimit', 'ImagePolicyWebhook'])
const versions = ['apiserver.config.k8s.io/v1', 'apiserver.k8s.io/v1alpha1']

async function documentsOf(
  file: string,
  enabled: readonly string[],
  readFile: ReadFile,
): Promise<Map<string, unknown>> {
  try {
    return await pluginDocuments(file, enabled, readFile)
  } catch (error) {
    throw new Error(`failed to read plugin config: ${(error as Error).message}`)
  }
}

/** The documents by plugin. A file with nothing but a node selector's configuration is that plugin's. */
async function pluginDocuments(
  file: string,
  enabled: readonly string[],
  readFile: ReadFile,
): Promise<Map<string, unknown>> {
  const root = await parse(
    file,
    readFile,
    (why) => `unable to read admission control configuration from "${file}" [${why}]`,
  )
  const documents = new Map<string, unknown>()
  const isLegacy =
    typeof root === 'object' && root !== null && !('kind' in root) && 'podNodeSelectorPluginConfig' in root
  if (isLegacy) return enabled.includes('PodNodeSelector') ? documents.set('PodNodeSelector', root) : documents
  const fields = readConfiguration(root, 'AdmissionConfiguration', versions)
  for (const plugin of fields.list('plugins')) {
    const name = plugin.text('name')
    const path = plugin.text('path')
    const inline = plugin.raw('configuration')
    plugin.done()
    // The first of a name counts, and what stands in the file before another file.
    if (documents.has(name)) continue
    const document =
      inline ?? (path === '' ? undefined : await parse(resolve(dirname(file), path), readFile, (why) => why))
    if (document !== undefined) documents.set(name, document)
  }
  fields.done()
  return documents
}

async function parse(path: string, readFile: ReadFile, text: (why: string) => string): Promise<unknown> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw new Error(text((error as Error).message))
  }
  const { value, duplicates } = await parseYaml(bytes)
  if (duplicates !== undefined) throw new Error(`strict decoding error: ${duplicates}`)
  return value
}
