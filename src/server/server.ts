import type { ServerOptions } from './config.js'

/** A server that was built; it listens once `run` is called. */
export interface Server {
  /**
   * Listens, and serves until `signal` aborts; then shuts down politely.
   *
   * @returns when everything is finished and closed
   * @throws if it cannot listen, or a start-up hook failed
   */
  run(signal?: AbortSignal): Promise<void>
  /** Resolves when /readyz is first ok, rejects if `run` fails before that. */
  readonly ready: Promise<void>
  /** `https://127.0.0.1:6443`; the port is known once `ready`. */
  readonly url: string
  /** Ends a run without waiting for watches, and frees everything. May be called at any time, and again. */
  close(): Promise<void>
}

/** @throws Error whose message lists all problems of the options */
export type CreateServer = (options: ServerOptions) => Promise<Server>
