import { RpcChannel } from '../../src/http/index.js'

/** Ids are 64 bits here, which the client of the store does not read. */
async function call(url: string, method: string, fields: readonly (readonly [number, bigint])[]): Promise<Buffer> {
  const channel = new RpcChannel({ url })
  const request = Buffer.from(fields.flatMap(([number, value]) => [number << 3, ...varint(value)]))
  try {
    return await channel.unary(`/etcdserverpb.Maintenance/${method}`, request, Date.now() + 3_000)
  } finally {
    channel.close()
  }
}

/** @returns whether somebody else leads now */
export async function moveLeader(urls: readonly string[]): Promise<boolean> {
  const members: { url: string; id: bigint; leader: bigint }[] = []
  for (const url of urls) {
    const status = read(await call(url, 'Status', []))
    const header = read(status.get(1)![0] as Buffer)
    members.push({ url, id: header.get(2)![0] as bigint, leader: status.get(4)![0] as bigint })
  }
  const leader = members.find(({ id }) => id === members[0]?.leader)
  const others = members.filter((member) => member !== leader)
  if (leader === undefined || others.length === 0) return false
  await call(leader.url, 'MoveLeader', [[1, others[Math.floor(Math.random() * others.length)]!.id]])
  return true
}

const [get, activate, deactivate] = [0n, 1n, 2n]
const noSpace = 1n

/** etcd's own reaction to a full disk: it refuses to write. */
export async function raiseNoSpace(url: string): Promise<void> {
  const header = read(read(await call(url, 'Status', [])).get(1)![0] as Buffer)
  await call(url, 'Alarm', [
    [1, activate],
    [2, header.get(2)![0] as bigint],
    [3, noSpace],
  ])
}

export async function dropNoSpace(url: string): Promise<void> {
  const alarms = read(await call(url, 'Alarm', [[1, get]])).get(2) ?? []
  for (const alarm of alarms) {
    const id = read(alarm as Buffer).get(1)![0] as bigint
    await call(url, 'Alarm', [
      [1, deactivate],
      [2, id],
      [3, noSpace],
    ])
  }
}

function varint(value: bigint): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return [...bytes, Number(rest)]
}

/** Fields of a message by their number. */
function read(bytes: Buffer): Map<number, (bigint | Buffer)[]> {
  const fields = new Map<number, (bigint | Buffer)[]>()
  let at = 0
  const number = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = Number(number())
    const value = number()
    const isBytes = (tag & 7) === 2
    if (isBytes) at += Number(value)
    const all = fields.get(tag >> 3) ?? []
    all.push(isBytes ? bytes.subarray(at - Number(value), at) : value)
    fields.set(tag >> 3, all)
  }
  return fields
}
