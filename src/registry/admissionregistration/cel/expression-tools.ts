// What is loaded with the first expression.
export { jsonPatchType, listOf, types } from '../../../cel/index.js'
export { ExpressionCompiler } from './expression-compiler.js'
export { Configuration, configurationObject } from './object-types.js'
