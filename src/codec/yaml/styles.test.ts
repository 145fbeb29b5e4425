import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { stringifyJson } from '../json/encode.js'
import { parseYaml } from './parse.js'

const style = fc.record({
  version: fc.constant('1.1' as const),
  indent: fc.integer({ min: 1, max: 8 }),
  indentSeq: fc.boolean(),
  collectionStyle: fc.constantFrom('any' as const, 'block' as const, 'flow' as const),
  defaultStringType: fc.constantFrom('PLAIN' as const, 'QUOTE_DOUBLE' as const, 'QUOTE_SINGLE' as const),
  // Where the indentation of a block is told, the two count it from different places.
  blockQuote: fc.constant(false),
  defaultKeyType: fc.constant('QUOTE_DOUBLE' as const),
  lineWidth: fc.constantFrom(0, 20, 80),
  directives: fc.boolean(),
})

const words = fc
  .array(
    fc.constantFrom('a', 'yes', ' ', '  ', '\n', '- ', ': ', '#', "'", '"', '\\', '{', '&x', '!', '|', '1', '~', 'é'),
  )
  .map((parts) => parts.join(''))

test('what another writer writes in whatever style is read as what it was', async () => {
  const value = fc.jsonValue({ noUnicodeString: true })
  const some = fc.oneof(value, fc.dictionary(words, fc.oneof(words, fc.array(words), value)))
  await fc.assert(
    fc.asyncProperty(some, style, async (json, options) => {
      const text = stringify(json, options)
      // Between brackets go-yaml takes a colon at the beginning of a word and a question mark anywhere for what belongs to a
      // key, and brackets on a line of their own must be further in than the key that they belong to; the writer knows YAML 1.2.
      fc.pre(!/\?|(?:^|[\s,[{]):\S|:\n\s*[[{]/.test(text))
      // A comment keeps the document from being read as JSON.
      const { value } = await parseYaml(Buffer.from(options.directives ? text : `# yaml\n${text}`))
      expect(JSON.parse(stringifyJson(value))).toEqual(JSON.parse(JSON.stringify(json)))
    }),
  )
})
