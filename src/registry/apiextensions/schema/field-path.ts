import type { SchemaNode } from './node.js'

/** Where a path in a schema leads, in the form in which fields are compared; or why it leads nowhere. */
export type FieldPath =
  | { readonly path: string; readonly root: string; readonly node: SchemaNode }
  | { readonly error: string }

/**
 * Follows a path like `.spec.foo['bar.baz']` through a schema.
 * @param brackets whether `[...]` may be used
 * @see apiextensions pkg/apiserver/schema/cel, ValidFieldPath
 */
export function followFieldPath(text: string, root: SchemaNode, brackets = true): FieldPath {
  const tokens = text.match(/[.[\]]|'(?:\\.|[^'\\])*'|[^.[\]]+/g) ?? []
  let node: SchemaNode | undefined = root
  let path = ''
  let first = ''
  const step = (name: string): boolean => {
    const { properties, open, additional }: SchemaNode = node!
    const named = properties !== undefined && properties.size > 0
    if (!named && !open) return false
    node = named ? properties.get(name) : additional
    path += named ? (path === '' ? name : `.${name}`) : `[${name}]`
    if (first === '') first = name
    return node !== undefined
  }
  for (let i = 0; i < tokens.length; ) {
    const token = tokens[i++]!
    if (token === '[') {
      if (!brackets) return { error: 'array notation is not allowed' }
      const quoted = tokens[i++]
      if (quoted === undefined) return { error: 'unexpected end of JSON path' }
      if (!/^'.*'$/s.test(quoted)) return { error: `expected single quoted string but got ${quoted}` }
      const { name, wrong } = unescapeQuoted(quoted.slice(1, -1))
      if (wrong !== undefined) return { error: `invalid string literal: invalid escape char ${wrong}` }
      if (!step(name)) return { error: 'does not refer to a valid field' }
      const close = tokens[i++]
      if (close === undefined) return { error: 'unexpected end of JSON path' }
      if (close !== ']') return { error: `expected ] but got ${close}` }
    } else if (token === '.') {
      const name = tokens[i++]
      if (name === undefined) return { error: 'unexpected end of JSON path' }
      if (!step(name)) return { error: 'does not refer to a valid field' }
    } else return { error: `expected [ or . but got: ${token}` }
  }
  return { path, root: first, node: node! }
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  "'": "'",
  '\\': '\\',
}

/** @returns `wrong`: an escape that there is not */
function unescapeQuoted(text: string): { readonly name: string; readonly wrong: string | undefined } {
  let wrong: string | undefined
  const name = text.replace(/\\(.)/g, (whole, char: string) => {
    if (Object.hasOwn(escapes, char)) return escapes[char]!
    wrong ??= whole
    return ''
  })
  return { name, wrong }
}
