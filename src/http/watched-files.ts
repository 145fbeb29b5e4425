import { type Stats, statSync } from 'node:fs'

export interface WatchedFiles {
  /** Looks now. */
  check(): void
  close(): void
}

/**
 * Calls `changed` when one of the files has another modification time, size or inode than before. Polls: notifications
 * miss the symbolic-link swaps by which Kubernetes renews mounted files. Keeps no process alive.
 */
export function watchFiles(paths: readonly string[], intervalMs: number, changed: () => void): WatchedFiles {
  let last = fingerprint(paths)
  const check = (): void => {
    const now = fingerprint(paths)
    if (now === last) return
    last = now
    changed()
  }
  const timer = setInterval(check, intervalMs).unref()
  return { check, close: () => clearInterval(timer) }
}

function fingerprint(paths: readonly string[]): string {
  return paths
    .map((path) => {
      const stats: Stats | undefined = statSync(path, { throwIfNoEntry: false })
      return stats === undefined ? '' : `${stats.ino}-${stats.mtimeMs}-${stats.size}`
    })
    .join(' ')
}
