import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StoreError } from '../errors.js'

/**
 * Makes this process the only one that has the folder open: LMDB would let a second one write, but neither would hear of
 * the other's changes. The file holds the process id and when that process started, so that neither a crash nor a reused
 * id locks the folder for good.
 *
 * @returns releases the lock
 * @throws StoreError Unavailable if a live process, this one included, holds it
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'owner')
  const mine = `${process.pid} ${startOf(process.pid)}`
  const own = `${path}.${process.pid}`
  writeFileSync(own, mine, { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        linkSync(own, path)
        return () => release(path, mine)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      takeAwayStale(path, folder)
    }
    throw new StoreError('Unavailable', `${folder} is being opened by another process`)
  } finally {
    unlinkSync(own)
  }
}

function takeAwayStale(path: string, folder: string): void {
  const owner = read(path)
  if (owner === undefined) return
  const [pid, start] = owner.split(' ')
  if (isAlive(Number(pid), start ?? '')) throw new StoreError('Unavailable', `${folder} is in use by process ${pid}`)
  // Moved before it is deleted: should another process have put its own lock there meanwhile, that is seen and put back.
  const aside = `${path}.stale.${process.pid}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  if (read(aside) !== owner) renameSync(aside, path)
  else unlinkSync(aside)
}

function release(path: string, mine: string): void {
  if (read(path) === mine) unlinkSync(path)
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function isAlive(pid: number, start: string): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return start === startOf(pid)
}

/** When the process started, in ticks since boot, where the system tells (Linux); else the same for all. */
function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`)
  // The name in parentheses may hold anything; the 22nd field is the 20th behind it.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0'
}
