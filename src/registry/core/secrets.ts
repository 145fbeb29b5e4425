import {
  asSent,
  configMapKey,
  equalJson,
  type FieldErrors,
  immutable,
  type KubeObject,
  key,
  setOwn,
  validateObjectMeta,
} from '../../api/index.js'
import { parseJson } from '../../codec/index.js'
import type { ResourceRules } from '../rules.js'
import { decodedLength, maxDataSize } from './data-size.js'
import { keyPairProblem } from './key-pair.js'

export const secrets: ResourceRules = {
  fields: { type: (object) => object.type ?? '' },
  defaults: {
    v1(object) {
      object.type ||= 'Opaque'
      takeStringData(object)
    },
  },
  validate: validateSecret,
  prepareForUpdate(object, old) {
    object.type ||= old.type
  },
  validateUpdate(object, old, errors) {
    immutable(errors, 'type', object.type ?? '', old.type ?? '')
    if (old.immutable === true) {
      const refusal = 'field is immutable when `immutable` is set'
      if (object.immutable !== true) errors.forbidden('immutable', refusal)
      if (!equalJson(asSent(object, 'data'), old.data)) errors.forbidden('data', refusal)
    }
    validateObjectMeta(object.metadata, { namespaced: true, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateSecret(object, errors)
  },
  warnings(object) {
    if (object.type !== 'kubernetes.io/tls') return []
    const data: Record<string, string> = object.data ?? {}
    const problem = keyPairProblem(bytes(data['tls.crt']), bytes(data['tls.key']))
    return problem === undefined ? [] : [problem]
  },
}

/** stringData is for writing only: its texts become data. */
function takeStringData(object: KubeObject): void {
  const texts: Record<string, string> | undefined = object.stringData
  delete object.stringData
  if (texts === undefined || texts === null || Object.keys(texts).length === 0) return
  const data: Record<string, string> = { ...object.data }
  for (const name of Object.keys(texts)) setOwn(data, name, Buffer.from(texts[name] ?? '').toString('base64'))
  object.data = data
}

const serviceAccountName = 'kubernetes.io/service-account.name'

/** Source: pkg/apis/core/validation, ValidateSecret. */
function validateSecret(object: KubeObject, errors: FieldErrors): void {
  const data: Record<string, string> = object.data ?? {}
  let size = 0
  for (const name of Object.keys(data)) {
    configMapKey(errors, key('data', name), name)
    size += decodedLength(data[name] ?? '')
  }
  if (size > maxDataSize) errors.tooLong('data', maxDataSize)
  const has = (name: string): boolean => Object.hasOwn(data, name)
  const demand = (name: string): void => errors.required(key('data', name))
  switch (object.type) {
    case 'kubernetes.io/service-account-token':
      if (!object.metadata.annotations?.[serviceAccountName]) {
        errors.required(key('metadata.annotations', serviceAccountName))
      }
      break
    case 'kubernetes.io/dockercfg':
      requireJson('.dockercfg', data, errors)
      break
    case 'kubernetes.io/dockerconfigjson':
      requireJson('.dockerconfigjson', data, errors)
      break
    case 'kubernetes.io/basic-auth':
      if (has('username') || has('password')) break
      demand('username')
      demand('password')
      break
    case 'kubernetes.io/ssh-auth':
      if (!has('ssh-privatekey') || data['ssh-privatekey'] === '') demand('ssh-privatekey')
      break
    case 'kubernetes.io/tls':
      if (!has('tls.crt')) demand('tls.crt')
      if (!has('tls.key')) demand('tls.key')
      break
    default:
  }
}

function requireJson(name: string, data: Readonly<Record<string, string>>, errors: FieldErrors): void {
  if (!Object.hasOwn(data, name)) {
    errors.required(key('data', name))
    return
  }
  const problem = objectProblem(bytes(data[name]))
  if (problem !== undefined) errors.invalid(key('data', name), '<secret contents redacted>', problem)
}

/** What Go says to bytes that are no JSON object. */
function objectProblem(json: Buffer): string | undefined {
  try {
    const { value } = parseJson(json)
    if (value === null || (typeof value === 'object' && !Array.isArray(value))) return undefined
    const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
    const told = kind === 'string' || kind === 'bool' || kind === 'array' ? kind : 'number'
    return `json: cannot unmarshal ${told} into Go value of type map[string]interface {}`
  } catch (error) {
    return (error as Error).message
  }
}

const bytes = (base64: string | undefined): Buffer => Buffer.from(base64 ?? '', 'base64')
