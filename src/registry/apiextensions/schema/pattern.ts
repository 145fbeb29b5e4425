import { RE2JS } from 're2js'

/**
 * A user's regular expression, in RE2's language and linear time. Compiled when first used.
 *
 * @throws Error with Go's message, from `compilePattern` and the first test alike
 */
export function compilePattern(pattern: string): (text: string) => boolean {
  const compiled = RE2JS.compile(pattern)
  return (text) => compiled.matcher(text).find()
}

/** What Go says about an invalid regular expression; undefined if it is valid. */
export function patternError(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
