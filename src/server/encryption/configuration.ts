import { FieldErrors, index, parseMilliseconds } from '../../api/index.js'
import { type Fields, parseYaml, readConfiguration } from '../../codec/index.js'

export interface NamedKey {
  readonly name: string
  readonly secret: string
}

export interface KmsConfiguration {
  /** `v1` if it is not given. */
  readonly apiVersion: string
  readonly name: string
  readonly endpoint: string
  readonly timeoutMs: number
  /** Keys that are kept, with v1; below 0: none. */
  readonly cacheSize: number
}

export type ProviderConfiguration =
  | { readonly kind: 'aesgcm' | 'aescbc' | 'secretbox'; readonly keys: readonly NamedKey[] }
  | { readonly kind: 'kms'; readonly kms: KmsConfiguration }
  | { readonly kind: 'identity' }

export interface ResourceConfiguration {
  readonly resources: readonly string[]
  readonly providers: readonly ProviderConfiguration[]
}

const keySizes = { aesgcm: [16, 24, 32], aescbc: [16, 24, 32], secretbox: [32] } as const
const kinds = ['aesgcm', 'aescbc', 'secretbox', 'identity', 'kms'] as const

/**
 * Reads the text of an EncryptionConfiguration.
 *
 * @param file named in errors
 * @param reload whether it is read again later, which fewer kinds of KMS can do
 * @throws Error with all that is wrong. Source: apiserver pkg/apis/apiserver/validation/validation_encryption.go
 */
export async function readEncryptionConfiguration(
  file: string,
  text: Buffer,
  reload: boolean,
): Promise<readonly ResourceConfiguration[]> {
  if (text.length === 0)
    throw new Error(`error while loading file: encryption provider configuration file ${JSON.stringify(file)} is empty`)
  const errors = new FieldErrors()
  let resources: ResourceConfiguration[]
  try {
    const { value, duplicates } = await parseYaml(text)
    if (duplicates !== undefined) throw new Error(`strict decoding error: ${duplicates}`)
    resources = read(value, errors, reload)
  } catch (error) {
    throw new Error(
      `error decoding encryption provider configuration file ${JSON.stringify(file)}: ${(error as Error).message}`,
    )
  }
  if (!errors.empty) throw new Error(errors.message)
  return resources
}

function read(document: unknown, errors: FieldErrors, reload: boolean): ResourceConfiguration[] {
  const versions = ['apiserver.config.k8s.io/v1']
  const fields = readConfiguration(document, 'EncryptionConfiguration', versions)
  const listed = fields.list('resources')
  fields.done()
  if (listed.length === 0) errors.required('resources', 'at least one resources is required')
  const names = new Set<string>()
  return listed.map((entry, i) => {
    const at = index('resources', i)
    const resources = entry.texts('resources')
    const providers = entry.list('providers')
    entry.done()
    if (resources.length === 0) errors.required(`${at}.resources`, `at least one ${at}.resources is required`)
    checkOverlap(resources, `${at}.resources`, errors)
    for (const [j, resource] of resources.entries()) checkResource(resource, index(`${at}.resources`, j), errors)
    if (providers.length === 0) errors.required(`${at}.providers`, `at least one ${at}.providers is required`)
    const read = providers.flatMap((provider, j) => {
      const made = readProvider(provider, index(`${at}.providers`, j), errors, names, reload)
      return made === undefined ? [] : [made]
    })
    return { resources, providers: read }
  })
}

/** `deployments.apps` as group and resource. */
export function groupResource(text: string): { readonly group: string; readonly resource: string } {
  const dot = text.indexOf('.')
  return dot < 0 ? { group: '', resource: text } : { group: text.slice(dot + 1), resource: text.slice(0, dot) }
}

function checkOverlap(resources: readonly string[], at: string, errors: FieldErrors): void {
  let duplicate = false
  let overlap = false
  const parsed = resources.map(groupResource)
  for (const [i, a] of parsed.entries()) {
    for (const [j, b] of parsed.entries()) {
      if (i === j) continue
      const same = a.group === b.group && a.resource === b.resource
      if (same && !duplicate) duplicate = true
      else if (a.group === '*' && a.resource === '*') overlap = true
      else if (a.group === b.group && (a.resource === '*' || b.resource === '*')) overlap = true
    }
  }
  if (duplicate) errors.invalid(at, resources, 'the same resource cannot be specified multiple times')
  if (overlap)
    errors.invalid(
      at,
      resources,
      "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked",
    )
}

const withoutApi = new Set(['apiserveripinfo', 'serviceipallocations', 'servicenodeportallocations'])

function checkResource(resource: string, at: string, errors: FieldErrors): void {
  const { group, resource: name } = groupResource(resource)
  const refuse = (why: string): void => errors.invalid(at, resource, why)
  if (resource !== resource.toLowerCase()) refuse('resource name should not contain capital letters')
  else if (resource === '*')
    refuse("use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources")
  else if (withoutApi.has(resource)) refuse('resources which do not have REST API/s cannot be encrypted')
  else if (group === 'events.k8s.io')
    refuse(
      "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file",
    )
  else if (group === 'extensions') refuse("'extensions' group has been removed and cannot be used for encryption")
  else if (group === '*' && name !== '*') refuse('encrypting the same resource across groups is not supported')
}

function readProvider(
  fields: Fields,
  at: string,
  errors: FieldErrors,
  names: Set<string>,
  reload: boolean,
): ProviderConfiguration | undefined {
  const given = kinds.filter((kind) => fields.raw(kind) !== undefined)
  fields.done()
  const [kind] = given
  if (kind === undefined || given.length > 1) {
    // Its secrets are not for a log.
    const why =
      kind === undefined
        ? 'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity'
        : 'more than one provider specified in a single element, should split into different list elements'
    errors.invalid(at, kind === undefined ? {} : 'REDACTED', why)
    return undefined
  }
  const own = fields.object(kind)
  if (kind === 'identity') {
    own.done()
    return { kind }
  }
  if (kind === 'kms') return { kind, kms: readKms(own, `${at}.kms`, errors, names, reload) }
  const keys = own.list('keys').map((key): NamedKey => {
    const read = { name: key.text('name'), secret: key.text('secret') }
    key.done()
    return read
  })
  own.done()
  checkKeys(keys, `${at}.${kind}.keys`, keySizes[kind], errors)
  return { kind, keys }
}

function checkKeys(keys: readonly NamedKey[], at: string, sizes: readonly number[], errors: FieldErrors): void {
  if (keys.length === 0) errors.required(at, 'at least one keys is required')
  for (const [i, { name, secret }] of keys.entries()) {
    if (name === '') errors.required(`${index(at, i)}.name`, 'name is a mandatory field for a key')
    const path = `${index(at, i)}.secret`
    if (secret === '') errors.required(path, 'secret is a mandatory field for a key')
    else if (!isBase64(secret)) errors.invalid(path, 'REDACTED', 'secrets must be base64 encoded')
    else {
      const { length } = Buffer.from(secret, 'base64')
      if (!sizes.includes(length))
        errors.invalid(
          path,
          'REDACTED',
          `secret is not of the expected length, got ${length}, expected one of [${sizes.join(' ')}]`,
        )
    }
  }
}

const isBase64 = (text: string): boolean =>
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text.replace(/[\r\n]/g, ''))

function readKms(
  fields: Fields,
  at: string,
  errors: FieldErrors,
  names: Set<string>,
  reload: boolean,
): KmsConfiguration {
  const apiVersion = fields.text('apiVersion') || 'v1'
  const name = fields.text('name')
  const endpoint = fields.text('endpoint')
  const cacheSize = fields.raw('cachesize')
  const duration = fields.text('timeout') || '3s'
  fields.done()
  if (name === '') errors.required(`${at}.name`, 'name is a mandatory field for a provider')
  if (apiVersion !== 'v1' || reload) {
    if (name.includes(':'))
      errors.invalid(`${at}.name`, name, `invalid KMS provider name ${name}, must not contain ':'`)
    if (names.has(name)) errors.invalid(`${at}.name`, name, `duplicate KMS provider name ${name}, names must be unique`)
  }
  names.add(name)
  const timeoutMs = milliseconds(duration)
  if (timeoutMs <= 0) errors.invalid(`${at}.timeout`, duration, 'timeout should be a positive value')
  if (endpoint === '') errors.invalid(`${at}.endpoint`, '', 'endpoint is a mandatory field for a kms')
  else if (!endpoint.startsWith('unix:')) {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(endpoint)?.[1] ?? ''
    errors.invalid(
      `${at}.endpoint`,
      endpoint,
      `unsupported scheme ${JSON.stringify(scheme)} for KMS provider, only unix is supported`,
    )
  }
  if (apiVersion !== 'v1' && cacheSize !== undefined)
    errors.invalid(`${at}.cachesize`, cacheSize, 'cachesize is not supported in v2')
  if (apiVersion === 'v1' && cacheSize === 0)
    errors.invalid(`${at}.cachesize`, cacheSize, 'cachesize should be a positive value, or negative to disable')
  if (apiVersion !== 'v1' && apiVersion !== 'v2')
    errors.invalid(
      `${at}.apiVersion`,
      apiVersion,
      'unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported',
    )
  return { apiVersion, name, endpoint, timeoutMs, cacheSize: typeof cacheSize === 'number' ? cacheSize : 1_000 }
}

/** 0 for what is no duration. */
function milliseconds(text: string): number {
  try {
    return parseMilliseconds(text) ?? 0
  } catch {
    return 0
  }
}
