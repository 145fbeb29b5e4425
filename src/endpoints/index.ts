// What other folders may use of endpoints/.
export { DiscoveryDocuments, type DiscoveryGroup } from './discovery/documents.js'
export { discoveryHandler } from './discovery/handler.js'
export { fieldManagerOf } from './field-manager.js'
export { type InstalledResource, ResourceRouter } from './router.js'
export type { EndpointEnvironment, RequestScope } from './scope.js'
