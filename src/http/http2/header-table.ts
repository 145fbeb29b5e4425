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

/** What an entry is counted as beside its text. */
const entrySize = 32

/** The fields that both sides of a connection remember, the newest first: RFC 7541, 2.3.2. */
export class HeaderTable<T extends HeaderField = HeaderField> {
  #limit: number
  #size = 0
  /** The oldest first. */
  readonly #fields: T[] = []
  /** Changes with every change. */
  version = 0

  /** @param limit in bytes */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Undefined: there is no such index. */
  at(index: number): T | ReceivedField | undefined {
    const fixed = staticTable.length
    return index <= fixed ? staticTable[index - 1] : this.#fields[this.#fields.length - (index - fixed)]
  }

  /** Index of the field, and of one with its name; 0 if there is none. */
  find({ name, value }: HeaderField): { readonly index: number; readonly nameIndex: number } {
    let nameIndex = 0
    const last = staticTable.length + this.#fields.length
    for (let index = 1; index <= last; index++) {
      const found = this.at(index)!
      if (found.name !== name) continue
      if (found.value === value) return { index, nameIndex: index }
      if (nameIndex === 0) nameIndex = index
    }
    return { index: 0, nameIndex }
  }

  add(added: T): void {
    const size = sizeOf(added)
    this.#fit(this.#limit - size)
    if (size <= this.#limit) {
      this.#fields.push(added)
      this.#size += size
    }
    this.version++
  }

  resize(limit: number): void {
    this.#limit = limit
    this.#fit(limit)
    this.version++
  }

  #fit(size: number): void {
    while (this.#fields.length > 0 && this.#size > size) this.#size -= sizeOf(this.#fields.shift()!)
  }
}

/** Names and values are bytes, which is what latin1 makes of them. */
const sizeOf = ({ name, value }: HeaderField): number => entrySize + name.length + value.length
