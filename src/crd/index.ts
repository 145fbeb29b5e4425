// What other folders may use of crd/.
export { type Converter, noneConverter, versionsOf } from './conversion.js'
export type { CustomKind } from './custom-kind.js'
export { customResource } from './custom-resource.js'
export type { CustomVersion } from './custom-version.js'
export type { Definition } from './definition.js'
export { Definitions, type DefinitionsOptions } from './definitions.js'
export { compareVersions } from './versions.js'
