import { hash } from 'node:crypto'

/**
 * The hand of queues that a flow may use: some of the deck, no two the same, by a hash of the flow. Flows that share one
 * queue rarely share all, so that a flow that floods its queues leaves others a way out.
 * Source: apiserver pkg/util/shufflesharding; hashFlowID of pkg/util/flowcontrol.
 */
export function dealHand(schema: string, distinguisher: string, deckSize: number, handSize: number): Uint32Array {
  let rest = flowHash(schema, distinguisher)
  const hand = new Uint32Array(handSize)
  const remainders = new Uint32Array(handSize)
  for (let i = 0; i < handSize; i++) {
    const left = BigInt(deckSize - i)
    remainders[i] = Number(rest % left)
    rest /= left
  }
  for (let i = 0; i < handSize; i++) {
    let card = remainders[i]!
    for (let j = i; j > 0; j--) if (card >= remainders[j - 1]!) card++
    hand[i] = card
  }
  return hand
}

/** The first eight bytes of SHA-256 over both names, little endian. */
export const flowHash = (schema: string, distinguisher: string): bigint =>
  hash('sha256', `${schema}\0${distinguisher}`, 'buffer').readBigUInt64LE(0)
