/** Bytes that are no CBOR, or more than JSON can say. */
export class CborError extends Error {}
