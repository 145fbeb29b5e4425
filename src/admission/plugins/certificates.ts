import { equalJson, type KubeObject } from '../../api/index.js'
import { requestOrganizations } from '../../registry/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import type { Authorize } from '../authorization.js'
import { onlyCollectorFieldsDiffer } from '../collector-fields.js'
import { refuse } from '../refuse.js'
import { isOf } from '../resources.js'

const clientSigner = 'kubernetes.io/kube-apiserver-client'
const isOfRequests = (attributes: AdmissionAttributes): boolean =>
  isOf(attributes, 'certificates.k8s.io', 'certificatesigningrequests')

/** Approving takes permission for the signer. @see kubernetes plugin/pkg/admission/certificates/approval */
export function certificateApproval(authorize: Authorize): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    handles: (operation) => operation === 'UPDATE',
    async validate(attributes) {
      if (attributes.subresource !== 'approval' || !isOfRequests(attributes)) return
      const signer = signerOf(attributes.oldObject)
      if (!(await mayUse(authorize, attributes, 'approve', signer)))
        throw refuse(attributes, `user not permitted to approve requests with signerName "${signer}"`)
    },
  }
}

/** Signing takes permission for the signer. @see kubernetes plugin/pkg/admission/certificates/signing */
export function certificateSigning(authorize: Authorize): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    handles: (operation) => operation === 'UPDATE',
    async validate(attributes) {
      const { object, oldObject, subresource } = attributes
      if (subresource !== 'status' || !isOfRequests(attributes)) return
      const now = object?.status ?? {}
      const old = oldObject?.status ?? {}
      if (now.certificate === old.certificate && equalJson(now.conditions ?? [], old.conditions ?? [])) return
      const signer = signerOf(oldObject)
      if (!(await mayUse(authorize, attributes, 'sign', signer)))
        throw refuse(attributes, `user not permitted to sign requests with signerName "${signer}"`)
    },
  }
}

/** Nobody gets a certificate as system:masters. @see kubernetes plugin/pkg/admission/certificates/subjectrestriction */
export function certificateSubjectRestriction(): AdmissionPlugin {
  return {
    name: 'CertificateSubjectRestriction',
    handles: (operation) => operation === 'CREATE',
    validate(attributes) {
      const { object, subresource } = attributes
      if (subresource !== '' || !isOfRequests(attributes) || signerOf(object) !== clientSigner) return
      const organizations = requestOrganizations(Buffer.from(object?.spec?.request ?? '', 'base64').toString('latin1'))
      if (typeof organizations === 'string') throw refuse(attributes, `failed to parse CSR: ${organizations}`)
      if (organizations.includes('system:masters'))
        throw refuse(attributes, `use of ${clientSigner} signer with system:masters group is not allowed`)
    },
  }
}

/** Attesting trust bundles takes permission for the signer. @see kubernetes plugin/pkg/admission/certificates/ctbattest */
export function clusterTrustBundleAttest(authorize: Authorize): AdmissionPlugin {
  return {
    name: 'ClusterTrustBundleAttest',
    handles: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    async validate(attributes) {
      const { object, oldObject, operation } = attributes
      if (!isOf(attributes, 'certificates.k8s.io', 'clustertrustbundles')) return
      const signer = signerOf(object)
      if (signer === '' || object === undefined) return
      if (operation === 'UPDATE' && onlyCollectorFieldsDiffer(object, oldObject)) return
      if (!(await mayUse(authorize, attributes, 'attest', signer)))
        throw refuse(attributes, `user not permitted to attest for signerName "${signer}"`)
    },
  }
}

const signerOf = (object: KubeObject | undefined): string => object?.spec?.signerName ?? ''

/** Permission for one signer, or for all of its domain. Source: kubernetes pkg/certauthorization. */
async function mayUse(
  authorize: Authorize,
  { user }: AdmissionAttributes,
  verb: string,
  signer: string,
): Promise<boolean> {
  if (user === undefined) return false
  const question = { user, verb, apiGroup: 'certificates.k8s.io', apiVersion: '*', resource: 'signers' }
  if ((await authorize({ ...question, name: signer })).allowed) return true
  return (await authorize({ ...question, name: `${signer.split('/', 1)[0]}/*` })).allowed
}
