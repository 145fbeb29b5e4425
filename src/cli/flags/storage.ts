import type { EtcdOptions } from '../../server/index.js'
import { type Draft, flag, type Section } from '../flag.js'
import { bool, duration, int, string, strings } from '../values/types.js'

type Etcd = { -readonly [O in keyof EtcdOptions]: EtcdOptions[O] }

/** The etcd of the options under construction. */
function etcdOf(draft: Draft): Etcd {
  draft.store.etcd ??= { servers: [] }
  return draft.store.etcd as Etcd
}

export const storage: Section = {
  name: 'Etcd',
  flags: [
    flag({
      name: 'delete-collection-workers',
      type: int,
      default: 1,
      help: 'Objects deleted at once when a collection is deleted.',
      noEffect: 'writes to the embedded store are grouped as it is',
    }),
    flag({
      name: 'enable-garbage-collector',
      type: bool,
      default: true,
      help: 'Honour propagation policies of deletes. Must agree with the flag of the same name of kube-controller-manager.',
      apply: (draft, value) => {
        draft.store.garbageCollector = value
      },
    }),
    flag({
      name: 'encryption-provider-config',
      type: string,
      default: '',
      help: 'File that says which resources are stored encrypted, and how.',
      apply: (draft, value) => {
        draft.store.encryptionConfigFile = value
      },
    }),
    flag({
      name: 'encryption-provider-config-automatic-reload',
      type: bool,
      default: false,
      help: 'Read the file of --encryption-provider-config again when it changes.',
      apply: (draft, value) => {
        draft.store.encryptionConfigReload = value
      },
    }),
    flag({
      name: 'etcd-cafile',
      type: string,
      default: '',
      help: 'Certificate authority that signs the certificates of etcd.',
      apply: (draft, value) => {
        etcdOf(draft).caFile = value
      },
    }),
    flag({
      name: 'etcd-certfile',
      type: string,
      default: '',
      help: 'Certificate shown to etcd.',
      apply: (draft, value) => {
        etcdOf(draft).certFile = value
      },
    }),
    flag({
      name: 'etcd-compaction-interval',
      type: duration,
      default: 300_000,
      help: 'How often history is dropped that is older than this time. 0 keeps all history.',
      apply: (draft, value) => {
        draft.store.compactionIntervalMs = value
      },
    }),
    flag({
      name: 'etcd-count-metric-poll-period',
      type: duration,
      default: 60_000,
      help: 'How often the objects of each resource are counted for metrics. 0 does not count.',
      noEffect: 'objects are counted when metrics are read',
    }),
    flag({
      name: 'etcd-db-metric-poll-interval',
      type: duration,
      default: 30_000,
      help: 'How often the size of the database is asked for.',
      apply: (draft, value) => {
        etcdOf(draft).sizePollIntervalMs = value
      },
    }),
    flag({
      name: 'etcd-healthcheck-timeout',
      type: duration,
      default: 2_000,
      help: 'How long the health check of the storage may take.',
      apply: (draft, value) => {
        etcdOf(draft).healthCheckTimeoutMs = value
      },
    }),
    flag({
      name: 'etcd-keyfile',
      type: string,
      default: '',
      help: 'Private key of the certificate shown to etcd.',
      apply: (draft, value) => {
        etcdOf(draft).keyFile = value
      },
    }),
    flag({
      name: 'etcd-prefix',
      type: string,
      default: '/registry',
      help: 'What all keys in the storage begin with.',
      apply: (draft, value) => {
        draft.store.prefix = value
      },
    }),
    flag({
      name: 'etcd-readycheck-timeout',
      type: duration,
      default: 2_000,
      help: 'How long the readiness check of the storage may take.',
      apply: (draft, value) => {
        etcdOf(draft).readyCheckTimeoutMs = value
      },
    }),
    flag({
      name: 'etcd-servers',
      type: strings,
      default: [],
      help: 'URLs of etcd servers. Without it objects lie in --data-dir.',
      apply: (draft, value) => {
        etcdOf(draft).servers = value
      },
    }),
    flag({
      name: 'etcd-servers-overrides',
      type: strings,
      default: [],
      help: 'group/resource#servers: resources that lie in an etcd of their own; servers are URLs with semicolons between them.',
      apply: (draft, value) => {
        etcdOf(draft).overrides = value
      },
    }),
    flag({
      name: 'lease-reuse-duration-seconds',
      type: int,
      default: 60,
      help: 'How long a lease of etcd is shared by objects that expire.',
      apply: (draft, value) => {
        etcdOf(draft).leaseReuseSeconds = value
      },
    }),
    flag({
      name: 'storage-backend',
      type: string,
      default: '',
      help: 'Kind of storage: etcd3, or nothing for the embedded store.',
      apply: (draft, value) => {
        draft.store.backend = value
      },
    }),
    flag({
      name: 'storage-media-type',
      type: string,
      default: 'application/vnd.kubernetes.protobuf',
      help: 'Form in which objects are written to etcd. The embedded store holds JSON, which is what is served.',
      apply: (draft, value) => {
        etcdOf(draft).mediaType = value
      },
    }),
    flag({
      name: 'watch-cache',
      type: bool,
      default: true,
      help: 'Answer watches and lists from memory.',
      noEffect: 'reads and watches are always served by the embedded store and its log of changes',
    }),
    flag({
      name: 'default-watch-cache-size',
      type: int,
      default: 100,
      help: 'Events kept for each resource.',
      hidden: true,
      deprecated: 'watch caches are sized automatically and this flag will be removed in a future version',
      noEffect: 'watches are served from the log of changes, which has no size',
    }),
    flag({
      name: 'watch-cache-sizes',
      type: strings,
      default: [],
      help: 'resource[.group]#size: events kept for each resource.',
      noEffect: 'watches are served from the log of changes, which has no size',
    }),
  ],
}
