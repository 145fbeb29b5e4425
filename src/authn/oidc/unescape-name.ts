const marks: ReadonlyMap<string, string> = new Map([
  ['underscores', '__'],
  ['dot', '.'],
  ['dash', '-'],
  ['slash', '/'],
])
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

/**
 * The name of a member that an expression has to write otherwise: `example__dot__org` is `example.org`.
 * Source: apiserver pkg/cel/escaping.go.
 *
 * @returns undefined if it is not properly escaped
 */
export function unescapeName(escaped: string): string | undefined {
  if (!escaped.includes('__')) return escaped
  let isGood = true
  const name = escaped.replace(/__([^_]+)__/g, (whole, inner: string) => {
    const mark = marks.get(inner)
    if (mark !== undefined) return mark
    isGood &&= reserved.has(inner) && whole === escaped
    return inner
  })
  return isGood ? name : undefined
}
