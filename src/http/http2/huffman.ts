/** Bits of each byte's code, as digits of base 36. The code is canonical, so that its lengths say it all: RFC 7541, B. */
const lengths =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6cad67777777777777777777777878djde6f56565666577666567655677777' +
  'fbedskmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmnqqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrr' +
  'rrsrrrrrq'
const longest = 30
/** What fills the last byte: the first bits of a code of 30 ones, which stands for the end and never comes itself. */
const mostPadding = 7

interface Codes {
  /** Bytes in the order of their codes. */
  readonly symbols: Uint8Array
  /** Of each length: the first code, how many there are, and where they begin in `symbols`. */
  readonly first: readonly number[]
  readonly count: readonly number[]
  readonly start: readonly number[]
}

let codes: Codes | undefined

/** Text in Huffman's code as bytes. Undefined if it is not well formed. */
export function decodeHuffman(bytes: Buffer): Buffer | undefined {
  codes ??= makeCodes()
  const { symbols, first, count, start } = codes
  const out: number[] = []
  let code = 0
  let size = 0
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = (code << 1) | ((byte >> bit) & 1)
      size++
      const offset = code - first[size]!
      if (offset < count[size]!) {
        out.push(symbols[start[size]! + offset]!)
        code = 0
        size = 0
      } else if (size === longest) return undefined
    }
  }
  return size <= mostPadding && code === (1 << size) - 1 ? Buffer.from(out) : undefined
}

function makeCodes(): Codes {
  const symbols = new Uint8Array(256)
  const [first, count, start]: number[][] = [[0], [0], [0]]
  let code = 0
  let placed = 0
  for (let size = 1; size <= longest; size++) {
    code <<= 1
    first![size] = code
    start![size] = placed
    for (let byte = 0; byte < 256; byte++) {
      if (Number.parseInt(lengths[byte]!, 36) === size) symbols[placed++] = byte
    }
    count![size] = placed - start![size]!
    code += count![size]!
  }
  return { symbols, first: first!, count: count!, start: start! }
}
