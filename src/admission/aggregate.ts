/** Several complaints as upstream prints an aggregate of errors: one stands alone, more are in brackets, each told once. */
export function aggregate(texts: readonly string[]): string {
  const unique = [...new Set(texts)]
  return unique.length === 1 ? unique[0]! : `[${unique.join(', ')}]`
}
