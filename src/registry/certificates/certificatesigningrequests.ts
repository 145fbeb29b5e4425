import {
  equalJson,
  type FieldErrors,
  type KubeObject,
  required,
  uniqueBy,
  validateObjectMeta,
} from '../../api/index.js'
import { validateSignerName } from '../core/pod/signer-names.js'
import type { ResourceRules } from '../rules.js'
import { wrongWithCertificates } from './certificate.js'
import {
  type Condition,
  conditionsOf,
  fillConditionTimes,
  keepDecisions,
  validateConditionChange,
  validateConditions,
} from './conditions.js'
import { wrongWithRequest } from './pkcs10.js'
import { refuseCertificateField } from './refuse-field.js'

const legacySigner = 'kubernetes.io/legacy-unknown'
const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]
const knownUsages: ReadonlySet<string> = new Set(usages)
const anyName = (): readonly string[] => []

export const certificatesigningrequests: ResourceRules = {
  name: anyName,
  fields: { 'spec.signerName': ({ spec }) => spec?.signerName ?? '' },
  refuseField: refuseCertificateField,
  resetFields: {
    '': ['spec', 'status'],
    status: ['spec', 'status.conditions'],
    approval: ['spec', 'status.certificate'],
  },
  prepareForCreate(request, { user }) {
    const { username: _, uid: __, groups: ___, extra: ____, ...spec } = request.spec ?? {}
    request.spec = spec
    if (user !== undefined) {
      spec.username = user.name
      if (user.uid) spec.uid = user.uid
      if (user.groups.length > 0) spec.groups = [...user.groups]
      if (Object.keys(user.extra ?? {}).length > 0) spec.extra = { ...user.extra }
    }
    request.status = {}
  },
  validate: (request, errors) => validateRequest(request, undefined, errors),
  prepareForUpdate(request, old) {
    request.spec = old.spec
  },
  validateUpdate: (request, old, errors) => validateChange(request, old, errors, ''),
  prepareForStatusUpdate(request, old, { now }) {
    keepDecisions(conditionsOf(request), conditionsOf(old))
    fillConditionTimes(conditionsOf(request), conditionsOf(old), now())
  },
  validateStatusUpdate: (request, old, errors) => validateChange(request, old, errors, 'status'),
  subresources: {
    approval: {
      prepare(request, old, { now }) {
        const conditions = conditionsOf(request)
        fillConditionTimes(conditions, conditionsOf(old), now())
        request.spec = old.spec
        const { conditions: _, ...status } = old.status ?? {}
        request.status = conditions.length === 0 ? status : { conditions, ...status }
      },
      validate: (request, old, errors) => validateChange(request, old, errors, 'approval'),
    },
  },
}

/** Source: kubernetes pkg/apis/certificates/validation, validateCertificateSigningRequestUpdate. */
function validateChange(request: KubeObject, old: KubeObject, errors: FieldErrors, subresource: string): void {
  validateObjectMeta(request.metadata, { namespaced: false, name: anyName }, 'metadata', errors)
  validateRequest(request, old, errors)
  validateConditionChange(conditionsOf(request), conditionsOf(old), subresource === 'approval', errors)
  const certificate: string = request.status?.certificate ?? ''
  const before: string = old.status?.certificate ?? ''
  if (certificate === before) return
  if (subresource !== 'status') errors.forbidden('status.certificate', 'updates may not set certificate content')
  else if (before !== '') errors.forbidden('status.certificate', 'updates may not modify existing certificate content')
}

interface RequestSpec {
  request?: string
  usages?: string[]
  signerName?: string
  expirationSeconds?: number
}

/** What the old object had wrong is let pass. */
function validateRequest({ spec = {}, status }: KubeObject, old: KubeObject | undefined, errors: FieldErrors): void {
  const { request, signerName = '', expirationSeconds }: RequestSpec = spec
  const wanted = spec.usages ?? []
  const wrong = wrongWithRequest(Buffer.from(request ?? '', 'base64').toString('latin1'))
  if (wrong !== undefined) errors.invalid('spec.request', request, wrong)
  required(errors, 'spec.usages', wanted)
  validateUsages(wanted, old?.spec?.usages ?? [], errors)
  if (signerName === legacySigner && old?.spec?.signerName !== legacySigner)
    errors.invalid('spec.signerName', signerName, 'the legacy signerName is not allowed via this API version')
  else validateSignerName(signerName, 'spec.signerName', errors)
  if (expirationSeconds !== undefined && expirationSeconds < 600) {
    const detail = 'may not specify a duration less than 600 seconds (10 minutes)'
    errors.invalid('spec.expirationSeconds', expirationSeconds, detail)
  }
  const conditions: Condition[] = status?.conditions ?? []
  validateConditions(conditions, old === undefined ? [] : conditionsOf(old), errors)
  validateCertificate(status?.certificate ?? '', old, errors)
}

function validateUsages(wanted: readonly string[], old: readonly string[], errors: FieldErrors): void {
  if (old.every((usage) => knownUsages.has(usage)))
    wanted.forEach((usage, i) => {
      if (!knownUsages.has(usage)) errors.notSupportedInOrder(`spec.usages[${i}]`, usage, usages)
    })
  if (new Set(old).size === old.length) uniqueBy(errors, 'spec.usages', wanted, (usage) => usage)
}

function validateCertificate(certificate: string, old: KubeObject | undefined, errors: FieldErrors): void {
  const before: string | undefined = old?.status?.certificate
  if (old !== undefined && equalJson(certificate, before ?? '')) return
  const wrong = wrongWithCertificates(textOf(certificate))
  if (wrong === undefined || wrongWithCertificates(textOf(before ?? '')) !== undefined) return
  errors.invalid('status.certificate', '<certificate data>', wrong)
}

const textOf = (base64: string): string => Buffer.from(base64, 'base64').toString('latin1')
