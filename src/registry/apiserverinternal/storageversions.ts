import {
  child,
  type FieldErrors,
  index,
  isDns1035Label,
  isDns1123Subdomain,
  type KubeObject,
  type NameCheck,
  qualifiedName,
  required,
} from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'

interface ServerStorageVersion {
  apiServerID?: string
  encodingVersion?: string
  decodableVersions?: string[] | null
  servedVersions?: string[]
}

interface Condition {
  type?: string
  status?: string
  reason?: string
  message?: string
}

interface StorageVersionStatus {
  storageVersions?: ServerStorageVersion[] | null
  commonEncodingVersion?: string
  conditions?: Condition[]
}

/** `<group>.<resource>`. */
const name: NameCheck = (text) => {
  const dot = text.lastIndexOf('.')
  if (dot < 0) return ['name must be in the form of <group>.<resource>']
  return [
    ...isDns1123Subdomain(text.slice(0, dot)).map((wrong) => `the group segment ${wrong}`),
    ...isDns1035Label(text.slice(dot + 1)).map((wrong) => `the resource segment ${wrong}`),
  ]
}

/** What each server of a cluster writes objects of a resource as. Source: pkg/apis/apiserverinternal/validation. */
export const storageversions: ResourceRules = {
  name,
  allowUnconditionalUpdate: false,
  resetFields: { status: ['metadata', 'spec'] },
  // There is nothing in a spec that could change.
  validateUpdate() {},
  prepareForStatusUpdate: (object, old) => keepMetadata(object.metadata, old.metadata),
  validateStatusUpdate: ({ status }: KubeObject, _, errors) => validateStatus(status ?? {}, errors),
}

function validateStatus(status: StorageVersionStatus, errors: FieldErrors): void {
  const servers = status.storageVersions ?? []
  const ids = new Set<string>()
  for (const [i, server] of servers.entries()) {
    const at = index('status.storageVersions', i)
    const { apiServerID = '' } = server
    if (ids.has(apiServerID)) errors.duplicate(child(at, 'apiServerID'), apiServerID)
    ids.add(apiServerID)
    validateServer(server, at, errors)
  }
  validateCommonVersion(status, servers, errors)
  validateConditions(status.conditions ?? [], errors)
}

function validateServer(server: ServerStorageVersion, at: string, errors: FieldErrors): void {
  const { apiServerID = '', encodingVersion = '', servedVersions = [] } = server
  const decodable = server.decodableVersions ?? []
  for (const wrong of isDns1123Subdomain(apiServerID)) errors.invalid(child(at, 'apiServerID'), apiServerID, wrong)
  apiVersion(errors, child(at, 'encodingVersion'), encodingVersion)
  for (const [i, version] of decodable.entries()) apiVersion(errors, index(child(at, 'decodableVersions'), i), version)
  if (!decodable.includes(encodingVersion)) {
    const detail = `decodableVersions must include encodingVersion ${encodingVersion}`
    errors.invalid(child(at, 'decodableVersions'), server.decodableVersions, detail)
  }
  for (const [i, version] of servedVersions.entries()) {
    const own = index(child(at, 'servedVersions'), i)
    apiVersion(errors, own, version)
    if (decodable.includes(version)) continue
    const list = `[${decodable.join(' ')}]`
    const detail = `individual served version : ${version} must be included in decodableVersions : ${list}`
    errors.invalid(own, version, detail)
  }
}

function validateCommonVersion(
  { commonEncodingVersion: told }: StorageVersionStatus,
  servers: readonly ServerStorageVersion[],
  errors: FieldErrors,
): void {
  const path = 'status.commonEncodingVersion'
  const versions = new Set(servers.map(({ encodingVersion = '' }) => encodingVersion))
  const [common] = versions.size === 1 ? versions : []
  if (common === undefined) {
    if (told === undefined) return
    const detail =
      'should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet'
    errors.invalid(path, told, detail)
  } else if (told === undefined) errors.invalid(path, null, `the common encoding version is ${common}`)
  else if (told !== common) errors.invalid(path, told, `the actual common encoding version is ${common}`)
}

/** Upstream leaves `conditions` out of these paths. */
function validateConditions(conditions: readonly Condition[], errors: FieldErrors): void {
  const seen = new Map<string, number>()
  for (const [i, { type = '', status = '', reason, message }] of conditions.entries()) {
    const at = index('status', i)
    const before = seen.get(type)
    if (before !== undefined) {
      const detail = `the type of the condition is not unique, it also appears in conditions[${before}]`
      errors.invalid(child(at, 'type'), type, detail)
    }
    seen.set(type, i)
    qualifiedName(errors, child(at, 'type'), type)
    qualifiedName(errors, child(at, 'status'), status)
    required(errors, child(at, 'reason'), reason)
    required(errors, child(at, 'message'), message)
  }
}

const malformed =
  "an apiVersion is a DNS-1035 label, which must consist of lower case alphanumeric characters or '-', start with an " +
  "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation " +
  "is '[a-z]([-a-z0-9]*[a-z0-9])?') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyVersion')"

/** A version, or a group and a version; all that is wrong goes into one error. */
function apiVersion(errors: FieldErrors, path: string, value: string): void {
  const wrong = problemsOf(value)
  if (wrong.length > 0) errors.invalid(path, value, wrong.join(','))
}

function problemsOf(value: string): string[] {
  const parts = value.split('/')
  if (parts.length > 2) return [malformed]
  const version = parts.at(-1)!
  const part = (what: string, text: string, check: (text: string) => string[]): string[] =>
    (text === '' ? ['must be non-empty'] : check(text)).map((wrong) => `${what} part: ${wrong}`)
  return [
    ...(parts.length === 2 ? part('group', parts[0]!, isDns1123Subdomain) : []),
    ...part('version', version, isDns1035Label),
  ]
}
