// All that making a document takes, in one place to be loaded when the first one is asked for.
export { documentBinary } from './binary.js'
export { sectionsOf } from './groups.js'
export { documentJson } from './text.js'
