/**
 * Protocol Buffers for the messages of small services, from tables of field numbers. Integers (`int`) are numbers: revisions,
 * versions and lease ids of our own making are safe ones; what may be larger or negative is `int64`, a bigint, or not read.
 */
export interface Field {
  readonly number: number
  readonly name: string
  readonly type: 'int' | 'int64' | 'bool' | 'bytes' | 'string' | Message
  readonly repeated?: true
}

export type Message = readonly Field[]

export class WireFormatError extends Error {
  override readonly name = 'WireFormatError'
}

const utf8 = 'utf8'

/** Members that are undefined, 0, false or empty are left out, but members of a oneof (messages) are written when they are there. */
export function encode(message: Message, value: object): Buffer {
  const plan = planOf(message)
  const sizes: number[] = []
  const size = measure(plan, value as Values, sizes)
  const buffer = Buffer.allocUnsafe(size)
  const written = write(plan, value as Values, buffer, 0, sizes, { next: 0 })
  if (written !== size) throw new WireFormatError(`wrote ${written} bytes of ${size}`)
  return buffer
}

/** Fields that are not in the table are skipped. Bytes share the memory of `buffer`. Throws WireFormatError. */
export function decode<T>(message: Message, buffer: Buffer): T {
  return read(planOf(message), buffer, 0, buffer.length) as T
}

type Values = Readonly<Record<string, unknown>>

interface Plan {
  readonly fields: readonly PlannedField[]
  readonly byNumber: readonly (PlannedField | undefined)[]
}

interface PlannedField {
  readonly name: string
  readonly tag: number
  readonly kind: 'int' | 'int64' | 'bool' | 'bytes' | 'string' | 'message'
  readonly message: Message | undefined
  readonly repeated: boolean
}

const plans = new WeakMap<Message, Plan>()

function planOf(message: Message): Plan {
  const known = plans.get(message)
  if (known !== undefined) return known
  const fields = message.map(({ number, name, type, repeated }): PlannedField => {
    const scalar = typeof type === 'string'
    const varint = type === 'int' || type === 'int64' || type === 'bool'
    return {
      name,
      tag: (number << 3) | (varint ? 0 : 2),
      kind: scalar ? type : 'message',
      message: scalar ? undefined : type,
      repeated: repeated === true,
    }
  })
  const byNumber: (PlannedField | undefined)[] = []
  for (const field of fields) byNumber[field.tag >>> 3] = field
  const plan = { fields, byNumber }
  plans.set(message, plan)
  return plan
}

/** Lengths of nested messages go to `sizes` in the order in which `write` needs them. */
function measure({ fields }: Plan, values: Values, sizes: number[]): number {
  let size = 0
  for (const field of fields) {
    const value = values[field.name]
    if (value === undefined) continue
    if (field.repeated) for (const item of value as readonly unknown[]) size += measureOne(field, item, sizes)
    else if (!isEmpty(field, value)) size += measureOne(field, value, sizes)
  }
  return size
}

function measureOne({ kind, tag, message }: PlannedField, value: unknown, sizes: number[]): number {
  const head = varintSize(tag)
  if (kind === 'int') return head + varintSize(value as number)
  if (kind === 'bool') return head + 1
  if (kind === 'int64') return head + bigVarint(value as bigint).length
  if (kind === 'message') {
    const at = sizes.push(0) - 1
    const size = measure(planOf(message!), value as Values, sizes)
    sizes[at] = size
    return head + varintSize(size) + size
  }
  const size = typeof value === 'string' ? Buffer.byteLength(value, utf8) : (value as Buffer).length
  return head + varintSize(size) + size
}

function isEmpty({ kind }: PlannedField, value: unknown): boolean {
  if (kind === 'message') return false
  if (kind === 'bytes' || kind === 'string') return (value as Buffer | string).length === 0
  return value === 0 || value === false || value === 0n
}

function write(
  { fields }: Plan,
  values: Values,
  out: Buffer,
  start: number,
  sizes: readonly number[],
  cursor: { next: number },
): number {
  let at = start
  for (const field of fields) {
    const value = values[field.name]
    if (value === undefined) continue
    if (field.repeated) {
      for (const item of value as readonly unknown[]) at = writeOne(field, item, out, at, sizes, cursor)
    } else if (!isEmpty(field, value)) at = writeOne(field, value, out, at, sizes, cursor)
  }
  return at
}

function writeOne(
  { kind, tag, message }: PlannedField,
  value: unknown,
  out: Buffer,
  start: number,
  sizes: readonly number[],
  cursor: { next: number },
): number {
  let at = writeVarint(out, start, tag)
  if (kind === 'int') return writeVarint(out, at, value as number)
  if (kind === 'bool') {
    out[at] = value ? 1 : 0
    return at + 1
  }
  if (kind === 'int64') {
    const bytes = bigVarint(value as bigint)
    out.set(bytes, at)
    return at + bytes.length
  }
  if (kind === 'message') {
    at = writeVarint(out, at, sizes[cursor.next++]!)
    return write(planOf(message!), value as Values, out, at, sizes, cursor)
  }
  if (typeof value === 'string') {
    at = writeVarint(out, at, Buffer.byteLength(value, utf8))
    return at + out.write(value, at, utf8)
  }
  const bytes = value as Buffer
  at = writeVarint(out, at, bytes.length)
  out.set(bytes, at)
  return at + bytes.length
}

function bigVarint(value: bigint): number[] {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return bytes
}

function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
  return size
}

function writeVarint(out: Buffer, start: number, value: number): number {
  let at = start
  let rest = value
  while (rest >= 0x80) {
    out[at++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  out[at++] = rest
  return at
}

function read(plan: Plan, buffer: Buffer, start: number, end: number): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const field of plan.fields) if (field.repeated) values[field.name] = []
  const cursor = { at: start }
  while (cursor.at < end) {
    const tag = readVarint(buffer, cursor, end)
    const field = plan.byNumber[Math.floor(tag / 8)]
    if (field === undefined || field.tag !== tag) {
      skip(buffer, cursor, end, tag & 7)
      continue
    }
    const value = readOne(field, buffer, cursor, end)
    if (field.repeated) (values[field.name] as unknown[]).push(value)
    else values[field.name] = value
  }
  return values
}

function readOne({ kind, message }: PlannedField, buffer: Buffer, cursor: { at: number }, end: number): unknown {
  if (kind === 'int') return readVarint(buffer, cursor, end)
  if (kind === 'bool') return readVarint(buffer, cursor, end) !== 0
  if (kind === 'int64') return readBigVarint(buffer, cursor, end)
  const length = readVarint(buffer, cursor, end)
  const start = cursor.at
  const stop = start + length
  if (stop > end) throw new WireFormatError('a field is longer than its message')
  cursor.at = stop
  if (kind === 'message') return read(planOf(message!), buffer, start, stop)
  return kind === 'string' ? buffer.toString(utf8, start, stop) : buffer.subarray(start, stop)
}

function skip(buffer: Buffer, cursor: { at: number }, end: number, wireType: number): void {
  if (wireType === 0) readVarint(buffer, cursor, end)
  else if (wireType === 1) cursor.at += 8
  else if (wireType === 5) cursor.at += 4
  else if (wireType === 2) {
    const length = readVarint(buffer, cursor, end)
    cursor.at += length
  } else throw new WireFormatError(`wire type ${wireType}`)
  if (cursor.at > end) throw new WireFormatError('a field is longer than its message')
}

/** Beyond 2^53 digits are lost; negative numbers come out as what two's complement makes of them. */
function readVarint(buffer: Buffer, cursor: { at: number }, end: number): number {
  let value = 0
  let scale = 1
  for (let i = 0; i < 10; i++) {
    if (cursor.at >= end) throw new WireFormatError('a number ends too soon')
    const byte = buffer[cursor.at++]!
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return value
    scale *= 0x80
  }
  throw new WireFormatError('a number is longer than 64 bits')
}

/** A signed one. */
function readBigVarint(buffer: Buffer, cursor: { at: number }, end: number): bigint {
  const start = cursor.at
  readVarint(buffer, cursor, end)
  let value = 0n
  for (let at = cursor.at - 1; at >= start; at--) value = (value << 7n) | BigInt(buffer[at]! & 0x7f)
  return BigInt.asIntN(64, value)
}
