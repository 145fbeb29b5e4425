import type { CreateServer } from '../server/index.js'
import type { AssetRunner } from './assets/lay-out.js'

/** What a command needs of the process around it. */
export interface Host {
  /** The name it was started under. */
  readonly program: string
  /** The command line without node and the script. */
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly pid: number
  /** Width of the terminal, 0 if standard output is none. */
  readonly columns: number
  /** Our own version, runtime and platform, for --version=raw. */
  readonly about: string
  /** What the files of an assets folder run. */
  readonly assets: AssetRunner
  /** Started from an assets folder: the etcd that is named may be the stand-in beside it. */
  readonly fromAssets: boolean
  stdout(text: string): void
  stderr(text: string): void
  /** Aborts when the process is asked to stop. */
  readonly signal: AbortSignal
  readonly createServer: CreateServer
}
