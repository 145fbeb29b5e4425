import { parseRelease, type Release } from '../../api/index.js'

/** From when on and until when a version of a resource is there, as far as that is not always. */
export interface Lifecycle {
  readonly introduced?: Release
  /** The first release without it. */
  readonly removed?: Release
}

const always: Lifecycle = {}

/**
 * When a version of a resource came and went; versions that all releases have which can be emulated say nothing.
 * Source: k8s.io/api, zz_generated.prerelease-lifecycle.go.
 */
export const lifecycleOf = (group: string, version: string, resource: string): Lifecycle =>
  lifecycles.get(`${group}/${version}/${resource}`) ?? always

const introduced = (text: string): Lifecycle => ({ introduced: parseRelease(text) })
const removed = (text: string): Lifecycle => ({ removed: parseRelease(text) })

const lifecycles: ReadonlyMap<string, Lifecycle> = new Map([
  ['admissionregistration.k8s.io/v1/mutatingadmissionpolicies', introduced('1.36')],
  ['admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings', introduced('1.36')],
  ['admissionregistration.k8s.io/v1beta1/mutatingadmissionpolicies', introduced('1.34')],
  ['admissionregistration.k8s.io/v1beta1/mutatingadmissionpolicybindings', introduced('1.34')],
  ['admissionregistration.k8s.io/v1beta1/validatingadmissionpolicies', removed('1.34')],
  ['admissionregistration.k8s.io/v1beta1/validatingadmissionpolicybindings', removed('1.34')],
  ['certificates.k8s.io/v1beta1/podcertificaterequests', introduced('1.35')],
  ['resource.k8s.io/v1/deviceclasses', introduced('1.34')],
  ['resource.k8s.io/v1/resourceclaims', introduced('1.34')],
  ['resource.k8s.io/v1/resourceclaimtemplates', introduced('1.34')],
  ['resource.k8s.io/v1/resourceslices', introduced('1.34')],
  ['resource.k8s.io/v1beta2/devicetaintrules', introduced('1.36')],
  ['resource.k8s.io/v1alpha3/resourcepoolstatusrequests', introduced('1.36')],
  ['storage.k8s.io/v1/volumeattributesclasses', introduced('1.34')],
  ['storagemigration.k8s.io/v1beta1/storageversionmigrations', introduced('1.35')],
])
