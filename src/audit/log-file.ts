import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

export interface LogFileOptions {
  readonly path: string
  /** Megabytes (2^20) after which a new file is begun; 0: never. */
  readonly maxSizeMegabytes: number
  /** Days that old files are kept; 0: for ever. */
  readonly maxAgeDays: number
  /** Old files kept; 0: all. */
  readonly maxBackups: number
  readonly compress: boolean
  now(): number
  /** Told what goes wrong with old files; the log itself goes on. */
  warn(text: string): void
}

/**
 * A log that is written at once and cut into pieces by size. Old files carry the time in their name
 * (`audit-2026-01-02T15-04-05.000.log`), as those of upstream's rotation (lumberjack) do, whose tools find them.
 */
export class LogFile {
  readonly #options: LogFileOptions
  #descriptor: number
  #size: number
  #tidying: Promise<void> = Promise.resolve()

  /** @throws Error if the file cannot be opened for writing */
  constructor(options: LogFileOptions) {
    this.#options = options
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 })
    this.#descriptor = openSync(options.path, 'a', 0o600)
    this.#size = fstatSync(this.#descriptor).size
  }

  /** @throws Error if it cannot be written, or is larger than a whole file may be */
  write(text: string): void {
    const bytes = Buffer.from(text)
    const max = this.#options.maxSizeMegabytes * 1024 * 1024
    if (max > 0) {
      if (bytes.length > max) throw new Error(`write length ${bytes.length} exceeds maximum file size ${max}`)
      if (this.#size + bytes.length > max) this.#rotate()
    }
    // A short write is possible when the disk fills up.
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at)
    this.#size += bytes.length
  }

  /** Resolves when old files are compressed and removed as they should be. */
  async close(): Promise<void> {
    await this.#tidying
    closeSync(this.#descriptor)
  }

  #rotate(): void {
    const { path, now } = this.#options
    const extension = extname(path)
    const time = new Date(now()).toISOString().replace('Z', '').replaceAll(':', '-')
    const old = join(dirname(path), `${basename(path, extension)}-${time}${extension}`)
    renameSync(path, old)
    const next = openSync(path, 'a', 0o600)
    closeSync(this.#descriptor)
    this.#descriptor = next
    this.#size = 0
    this.#tidying = this.#tidying.then(() => this.#tidy()).catch((error: Error) => this.#options.warn(error.message))
  }

  /** Removes what is too old or too many, then compresses the rest. */
  async #tidy(): Promise<void> {
    const { path, maxAgeDays, maxBackups, compress, now } = this.#options
    const folder = dirname(path)
    const old = await oldFiles(path)
    const oldest = maxAgeDays > 0 ? now() - maxAgeDays * 86_400_000 : 0
    const kept = old.filter(({ time }, i) => (maxBackups === 0 || i < maxBackups) && time >= oldest)
    for (const file of old) if (!kept.includes(file)) await rm(join(folder, file.name), { force: true })
    if (!compress) return
    for (const { name } of kept) if (!name.endsWith('.gz')) await gzipFile(join(folder, name))
  }
}

/** The files that earlier rotations of a log have left, newest first. */
async function oldFiles(path: string): Promise<{ readonly name: string; readonly time: number }[]> {
  const extension = extname(path)
  const prefix = `${basename(path, extension)}-`
  const found = (await readdir(dirname(path))).flatMap((name) => {
    const plain = name.endsWith('.gz') ? name.slice(0, -3) : name
    if (!plain.startsWith(prefix) || !plain.endsWith(extension)) return []
    const text = plain.slice(prefix.length, extension === '' ? undefined : -extension.length)
    const parts = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(text)
    if (parts === null) return []
    return [{ name, time: Date.parse(`${parts[1]}T${parts[2]}:${parts[3]}:${parts[4]}Z`) }]
  })
  return found.sort((a, b) => b.time - a.time)
}

async function gzipFile(path: string): Promise<void> {
  const { mode } = await stat(path)
  await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.gz`, { mode }))
  await rm(path)
}
