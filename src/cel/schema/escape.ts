/** Words of the language, as properties written between two underscores. */
const words: ReadonlySet<string> = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

export const isWord = (name: string): boolean => words.has(name)

const escapes: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
}
const unescapes: Readonly<Record<string, string>> = { underscores: '__', dot: '.', dash: '-', slash: '/' }

/**
 * The name by which expressions reach a property; undefined: they cannot.
 *
 * @see apiserver pkg/cel/escaping.go
 */
export function escapeProperty(name: string): string | undefined {
  if (words.has(name)) return `__${name}__`
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !name.includes('__')) return name
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(name)) return undefined
  return name.replaceAll(/__|[-./]/g, (part) => escapes[part]!)
}

/** The property of a name; undefined: none has it. */
export function unescapeProperty(name: string): string | undefined {
  if (!name.includes('__')) return name
  let known = true
  const property = name.replaceAll(/__([^_]+)__/g, (whole, inner: string) => {
    if (Object.hasOwn(unescapes, inner)) return unescapes[inner]!
    if (words.has(inner) && whole.length === name.length) return inner
    known = false
    return ''
  })
  return known ? property : undefined
}
