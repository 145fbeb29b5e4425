// What is allocated for services, for whoever hooks it into the registry.
export { type ServiceAllocationOptions, serviceCompanions } from './companions.js'
export type { PortRange } from './port-bitmap.js'
export { repairServiceAllocation } from './repair.js'
export { type ServiceAllocationUsage, serviceAllocationUsage, type Usage } from './usage.js'
