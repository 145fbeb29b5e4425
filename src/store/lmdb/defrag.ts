import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StoreError } from '../errors.js'
import { lockFolder } from './lock-file.js'
import { openTables, readPosition } from './tables.js'

const file = 'data.mdb'

/**
 * Writes the data of an embedded store anew, without the pages that are free, and puts the new file in the place of the old
 * one. Whatever happens on the way, one of the two is there, whole. Needs room for the second one until it is done.
 *
 * @returns bytes of the file before and after
 * @throws StoreError Unavailable if there is no store, or if a process has it open
 */
export async function defragLmdbStore(path: string): Promise<{ before: number; after: number }> {
  const data = join(path, file)
  if (!existsSync(data)) throw new StoreError('Unavailable', `${path} holds no store`)
  const unlock = lockFolder(path)
  const scratch = join(path, 'defrag')
  try {
    // What a crash has left.
    rmSync(scratch, { recursive: true, force: true })
    mkdirSync(scratch, { mode: 0o700 })
    const position = await copyTo(path, scratch)
    const copied = await positionOf(scratch)
    if (copied.revision !== position.revision || copied.compacted !== position.compacted)
      throw new StoreError('Unavailable', `the copy is not what ${path} is`)
    const before = statSync(data).size
    sync(join(scratch, file))
    renameSync(join(scratch, file), data)
    sync(path)
    return { before, after: statSync(data).size }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
    unlock()
  }
}

async function copyTo(path: string, target: string): Promise<ReturnType<typeof readPosition>> {
  const tables = await openTables(path, true)
  try {
    await (tables.root as unknown as Backup).backup(target, true)
    return readPosition(tables)
  } finally {
    await tables.root.close()
  }
}

async function positionOf(path: string): Promise<ReturnType<typeof readPosition>> {
  const tables = await openTables(path, true)
  try {
    return readPosition(tables)
  } finally {
    await tables.root.close()
  }
}

/** The declared type leaves out the second parameter: without the pages that are free. */
interface Backup {
  backup(path: string, compact: boolean): Promise<void>
}

function sync(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
