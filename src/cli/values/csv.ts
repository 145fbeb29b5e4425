/**
 * One record of Go's encoding/csv: fields may be quoted, quotes inside are doubled.
 *
 * @throws Error with the text of encoding/csv
 */
export function readCsv(text: string): string[] {
  if (text === '') return []
  const fields: string[] = []
  // Only the first line is read, as with csv.Reader.Read; a quoted field may hold more.
  let at = 0
  for (;;) {
    if (text[at] === '"') {
      let field = ''
      at++
      for (;;) {
        const quote = text.indexOf('"', at)
        if (quote < 0) throw csvError(`${text} `, text.length + 1, 'extraneous or missing " in quoted-field')
        field += text.slice(at, quote)
        at = quote + 1
        if (text[at] !== '"') break
        field += '"'
        at++
      }
      fields.push(field)
      if (at === text.length || text[at] === '\n') return fields
      if (text[at] !== ',') throw csvError(text, at, 'extraneous or missing " in quoted-field')
      at++
    } else {
      const end = text.slice(at).search(/[,\n]/)
      const field = end < 0 ? text.slice(at) : text.slice(at, at + end)
      const quote = field.indexOf('"')
      if (quote >= 0) throw csvError(text, at + quote + 1, 'bare " in non-quoted-field')
      fields.push(field)
      if (end < 0 || text[at + end] === '\n') return fields
      at += end + 1
    }
  }
}

/** One record as Go's encoding/csv writes it. */
export function writeCsv(fields: readonly string[]): string {
  return fields.map((field) => (needsQuotes(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')
}

const needsQuotes = (field: string): boolean => field === '\\.' || /[",\r\n]|^\s/.test(field)

function csvError(text: string, at: number, what: string): Error {
  const before = text.slice(0, at).split('\n')
  const record = before.length > 1 ? 'record on line 1; ' : ''
  return new Error(`${record}parse error on line ${before.length}, column ${before.at(-1)!.length}: ${what}`)
}
