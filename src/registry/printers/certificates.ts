import type { KubeObject } from '../../api/index.js'
import { humanDuration, labelsText, orNone } from './format.js'
import { ageColumn, type Column, nameColumn, type TableColumns, tableOf } from './table-columns.js'

const types = ({ status }: KubeObject): string[] => (status?.conditions ?? []).map(({ type }: { type: string }) => type)

function condition(object: KubeObject): string {
  const has = new Set(types(object))
  const parts = [has.has('Denied') ? 'Denied' : has.has('Approved') ? 'Approved' : 'Pending']
  if (has.has('Failed')) parts.push('Failed')
  if (object.status?.certificate) parts.push('Issued')
  return parts.join(',')
}

const state = (object: KubeObject): string =>
  types(object).findLast((type) => type === 'Issued' || type === 'Denied' || type === 'Failed') ?? 'Pending'

const spec = (name: string, description: string, field: string): Column => ({
  name,
  description,
  cell: (o) => o.spec?.[field] ?? '',
})

const signerName: Column = {
  name: 'SignerName',
  description: 'The signer it is meant for.',
  cell: (o) => orNone(o.spec?.signerName),
}

export const certificates: Readonly<Record<string, TableColumns>> = {
  CertificateSigningRequest: tableOf([
    nameColumn,
    ageColumn,
    signerName,
    spec('Requestor', 'Who asks for the certificate.', 'username'),
    {
      name: 'RequestedDuration',
      description: 'How long the certificate should be valid.',
      cell: (o) =>
        o.spec?.expirationSeconds === undefined ? '<none>' : humanDuration(o.spec.expirationSeconds * 1_000),
    },
    { name: 'Condition', description: 'Whether it is approved and issued.', cell: condition },
  ]),
  ClusterTrustBundle: tableOf([nameColumn, signerName]),
  PodCertificateRequest: tableOf([
    nameColumn,
    spec('PodName', 'The pod it is for.', 'podName'),
    spec('ServiceAccountName', 'The service account of the pod.', 'serviceAccountName'),
    spec('NodeName', 'The node of the pod.', 'nodeName'),
    spec('SignerName', 'The signer it is meant for.', 'signerName'),
    { name: 'State', description: 'Whether it is issued.', cell: state },
    {
      name: 'UnverifiedUserAnnotations',
      description: 'What the pod says to the signer, unverified.',
      cell: (o) => labelsText(o.spec?.unverifiedUserAnnotations),
    },
  ]),
}
