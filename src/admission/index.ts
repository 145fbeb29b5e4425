// What other folders may use of admission/.
export { type AdmissionAttributes, AdmissionChain, type AdmissionPlugin, type Operation } from './admission.js'
export { namespaceLifecycle } from './namespace-lifecycle.js'
