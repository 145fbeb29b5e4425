/** Narrowest column, and the blanks between two. */
const minimum = 8
const padding = 1

/**
 * Lines up columns as Go's text/tabwriter does with upstream's settings: the last cell of a line is not padded. All lines have
 * as many cells.
 */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows)
    row.slice(0, -1).forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? minimum, cell.length + padding)
    })
  return rows
    .map((row) => `${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join('')}\n`)
    .join('')
}
