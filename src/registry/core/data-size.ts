/** All values of a ConfigMap or a Secret together, in bytes. */
export const maxDataSize = 1024 * 1024

/** How many bytes a base64 text stands for. */
export const decodedLength = (base64: string): number => Buffer.byteLength(base64, 'base64')
