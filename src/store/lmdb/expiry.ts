import type { CommitResult, Revision, Write } from '../store.js'
import type { Tables } from './tables.js'

/** Deletions asked for at once. */
const mostAtOnce = 256

interface Expired extends Write {
  readonly expect: Revision
}

/** Deletes keys whose time has come, through ordinary commits that expect the value the time was set with. */
export async function sweepExpired(
  tables: Tables,
  now: number,
  commit: (write: Write) => Promise<CommitResult>,
): Promise<void> {
  for (;;) {
    const expired = due(tables, now)
    if (expired.length === 0) return
    // A conflict means that the key was written just now: that write has taken the entry away.
    const results = await Promise.all(expired.map(commit))
    if (expired.length < mostAtOnce || results.every((result) => result.kind === 'conflict')) return
  }
}

function due(tables: Tables, now: number): Expired[] {
  const end = Buffer.alloc(6)
  end.writeUIntBE(now + 1, 0, 6)
  const expired: Expired[] = []
  for (const { key, value } of tables.expiry.getRange({ start: Buffer.from([0]), end, limit: mostAtOnce })) {
    expired.push({ key: key.toString('utf8', 6), prefix: value.toString('utf8', 6), expect: value.readUIntBE(0, 6) })
  }
  return expired
}
