import { Document, isScalar, Scalar, visit } from 'yaml'

// Strings that YAML 1.1 would read as something else than a string: go-yaml puts these in double quotes, and in single
// quotes what cannot stand plain for its punctuation.
const otherwise =
  /^(?:~|null|Null|NULL|y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF|<<|[-+]?[0-9][0-9_,]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|[-+]?0[xob][0-9a-fA-F_]+|[-+]?\.[0-9]+(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|\d{4}-\d\d?-\d\d?.*|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+)$/

/**
 * JSON data as YAML, as sigs.k8s.io/yaml writes it: keys in order, sequences not indented, lines folded at 80.
 */
export function encodeYaml(value: unknown): Buffer {
  const document = new Document(value, { version: '1.1', aliasDuplicateObjects: false, sortMapEntries: byKey })
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== 'string') return
      if (node.value === '' || otherwise.test(node.value)) node.type = Scalar.QUOTE_DOUBLE
      else if (node.value.includes('\n')) node.type = Scalar.BLOCK_LITERAL
    },
  })
  return Buffer.from(
    document.toString({
      lineWidth: 80,
      indentSeq: false,
      singleQuote: true,
      minContentWidth: 0,
      verifyAliasOrder: false,
    }),
  )
}

function byKey(a: { key: unknown }, b: { key: unknown }): number {
  const left = keyText(a.key)
  const right = keyText(b.key)
  return left < right ? -1 : left > right ? 1 : 0
}

const keyText = (key: unknown): string => String(isScalar(key) ? key.value : key)
