/** The message is go-yaml's, `yaml: ` in front. */
export class YamlError extends Error {
  override readonly name = 'YamlError'
  constructor(problem: string) {
    super(`yaml: ${problem}`)
  }
}
