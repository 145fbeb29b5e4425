/** Name of the variable in which folds gather their result: no expression can write it. */
export const accumulator = '@result'

/** Function that transformMap and transformMapEntry gather with. */
export const mapInsert = 'cel.@mapInsert'
