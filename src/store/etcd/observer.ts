/** Hears what a store does with its etcd, for metrics. Prefixes are the streams of keys; empty: of none. */
export interface EtcdObserver {
  request(operation: string, prefix: string, seconds: number, failed: boolean): void
  /** A change that came from etcd. */
  event(prefix: string): void
  progress(): void
  /** How many objects the last lease was given. */
  lease(objects: number): void
  /** Bytes of the database. */
  size(bytes: number): void
}
