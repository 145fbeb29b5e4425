export type ExpressionTools = typeof import('./expression-tools.js')

/** Expressions come with the first policy, or the first webhook with conditions. */
let loaded: ExpressionTools | undefined
let loading: Promise<ExpressionTools> | undefined

/** @returns undefined: they are there */
export function loadExpressions(): Promise<void> | undefined {
  if (loaded !== undefined) return undefined
  loading ??= import('./expression-tools.js').then(
    ({ Configuration, configurationObject, ExpressionCompiler, jsonPatchType, listOf, types }) => {
      loaded = { Configuration, configurationObject, ExpressionCompiler, jsonPatchType, listOf, types }
      return loaded
    },
  )
  return loading.then(() => {})
}

/** @throws Error if nobody has loaded them: rules of kinds with expressions call {@link loadExpressions} before */
export function expressionTools(): ExpressionTools {
  if (loaded === undefined) throw new Error('expressions have not been loaded')
  return loaded
}
