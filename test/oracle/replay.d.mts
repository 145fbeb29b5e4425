export interface Difference {
  readonly file: string
  readonly id: string
  readonly request: object
  readonly differences: readonly object[]
}

export function replay(options: {
  server: string
  files: readonly string[]
  certificate: { cert: string; key: string }
}): Promise<{ steps: number; found: Difference[] }>
