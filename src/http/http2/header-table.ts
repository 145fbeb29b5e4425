export interface HeaderField {
  readonly name: string
  readonly value: string
}

/** A field as it came. */
export interface ReceivedField extends HeaderField {
  /** Its name or value is one that no field may have: RFC 9113, 8.2.1. */
  readonly malformed: boolean
}

const field = (name: string, value = ''): ReceivedField => ({ name, value, malformed: false })

/** RFC 7541, A. Index 1 comes first. */
export const staticTable: readonly ReceivedField[] = [
  field(':authority'),
  field(':method', 'GET'),
  field(':method', 'POST'),
  field(':path', '/'),
  field(':path', '/index.html'),
  field(':scheme', 'http'),
  field(':scheme', 'https'),
  ...['200', '204', '206', '304', '400', '404', '500'].map((status) => field(':status', status)),
  field('accept-charset'),
  field('accept-encoding', 'gzip, deflate'),
  ...(
    'accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control ' +
    'content-disposition content-encoding content-language content-length content-location content-range content-type ' +
    'cookie date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since ' +
    'last-modified link location max-forwards proxy-authenticate proxy-authorization range referer refresh retry-after ' +
    'server set-cookie strict-transport-security transfer-encoding user-agent vary via www-authenticate'
  )
    .split(' ')
    .map((name) => field(name)),
]

/** What both sides of a connection begin with, in bytes. */
export const defaultTable = 4_096

/** What a field is counted as: RFC 7541, 4.1, and in lists of headers RFC 9113, 6.5.2. Texts are bytes, which is what latin1 makes of them. */
export const sizeOfField = (name: string, value: string): number => name.length + value.length + 32

/** The fields that both sides of a connection remember, the newest first: RFC 7541, 2.3.2. */
export class HeaderTable {
  #limit: number
  #size = 0
  /** The oldest first. */
  readonly #fields: ReceivedField[] = []

  /** @param limit in bytes */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Undefined: there is no such index. */
  at(index: number): ReceivedField | undefined {
    const fixed = staticTable.length
    return index <= fixed ? staticTable[index - 1] : this.#fields[this.#fields.length - (index - fixed)]
  }

  add(added: ReceivedField): void {
    const size = sizeOfField(added.name, added.value)
    this.#fit(this.#limit - size)
    if (size <= this.#limit) {
      this.#fields.push(added)
      this.#size += size
    }
  }

  resize(limit: number): void {
    this.#limit = limit
    this.#fit(limit)
  }

  #fit(size: number): void {
    while (this.#fields.length > 0 && this.#size > size) {
      const { name, value } = this.#fields.shift()!
      this.#size -= sizeOfField(name, value)
    }
  }
}
