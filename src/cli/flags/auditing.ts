import type { ServerOptions } from '../../server/index.js'
import { type Flag, flag, type Section } from '../flag.js'
import { bool, duration, type FlagType, float32, int, string } from '../values/types.js'

type Audit = NonNullable<ServerOptions['audit']>
type Log = NonNullable<Audit['log']>
type Webhook = NonNullable<Audit['webhook']>
/** Whether it is one of these is for the options' validation to say. */
type Mode = NonNullable<Log['mode']>

const log = <O extends keyof Log>(
  option: O,
  name: string,
  type: FlagType<NonNullable<Log[O]>>,
  value: NonNullable<Log[O]>,
  help: string,
): Flag =>
  flag({
    name: `audit-log-${name}`,
    type,
    default: value,
    help,
    apply: (draft, given) => {
      draft.audit.log = { ...draft.audit.log, [option]: given }
    },
  })

const webhook = <O extends keyof Webhook>(
  option: O,
  name: string,
  type: FlagType<NonNullable<Webhook[O]>>,
  value: NonNullable<Webhook[O]>,
  help: string,
): Flag =>
  flag({
    name: `audit-webhook-${name}`,
    type,
    default: value,
    help,
    apply: (draft, given) => {
      draft.audit.webhook = { ...draft.audit.webhook, [option]: given }
    },
  })

export const auditing: Section = {
  name: 'Auditing',
  flags: [
    log('bufferSize', 'batch-buffer-size', int, 10000, 'Events held before they are written. Batch mode only.'),
    log('maxBatchSize', 'batch-max-size', int, 1, 'Most events in one batch. Batch mode only.'),
    log(
      'maxBatchWaitMs',
      'batch-max-wait',
      duration,
      0,
      'Longest time before a batch is written that is not full. Batch mode only.',
    ),
    log(
      'throttleBurst',
      'batch-throttle-burst',
      int,
      0,
      'Requests at once before throttling sets in. Batch mode only.',
    ),
    log('throttle', 'batch-throttle-enable', bool, false, 'Throttle batches. Batch mode only.'),
    log('throttleQps', 'batch-throttle-qps', float32, 0, 'Batches a second, on average. Batch mode only.'),
    log('compress', 'compress', bool, false, 'Compress rotated log files with gzip.'),
    log(
      'format',
      'format',
      string as FlagType<'json' | 'legacy'>,
      'json',
      'Form of the log: "legacy", one line of text an event, or "json".',
    ),
    log('maxAgeDays', 'maxage', int, 366, 'Days to keep old log files, after the time in their name. 0 keeps them.'),
    log('maxBackups', 'maxbackup', int, 100, 'Old log files to keep. 0 keeps all.'),
    log('maxSizeMegabytes', 'maxsize', int, 100, 'Megabytes after which a log file is rotated.'),
    log(
      'mode',
      'mode',
      string as FlagType<Mode>,
      'blocking',
      'How events are written: "batch" (in the background), "blocking" (before the answer) or "blocking-strict" (and without it no answer).',
    ),
    log('path', 'path', string, '', 'File for the audit log; "-" is standard output. Without it there is no log.'),
    log('truncate', 'truncate-enabled', bool, false, 'Shorten events and batches that are too large.'),
    log('truncateMaxBatchBytes', 'truncate-max-batch-size', int, 10485760, 'Bytes of a batch; larger ones are split.'),
    log(
      'truncateMaxEventBytes',
      'truncate-max-event-size',
      int,
      102400,
      'Bytes of an event; from larger ones request and response are left out, and if that is not enough the event is.',
    ),
    log('version', 'version', string, 'audit.k8s.io/v1', 'API group and version of the events that are written.'),
    flag({
      name: 'audit-policy-file',
      type: string,
      default: '',
      help: 'File with the policy: what is recorded, and how much of it.',
      apply: (draft, value) => {
        draft.audit.policyFile = value
      },
    }),
    webhook('bufferSize', 'batch-buffer-size', int, 10000, 'Events held before they are sent. Batch mode only.'),
    webhook('maxBatchSize', 'batch-max-size', int, 400, 'Most events in one batch. Batch mode only.'),
    webhook(
      'maxBatchWaitMs',
      'batch-max-wait',
      duration,
      30000,
      'Longest time before a batch is sent that is not full. Batch mode only.',
    ),
    webhook(
      'throttleBurst',
      'batch-throttle-burst',
      int,
      15,
      'Requests at once before throttling sets in. Batch mode only.',
    ),
    webhook('throttle', 'batch-throttle-enable', bool, true, 'Throttle batches. Batch mode only.'),
    webhook('throttleQps', 'batch-throttle-qps', float32, 10, 'Batches a second, on average. Batch mode only.'),
    webhook(
      'configFile',
      'config-file',
      string,
      '',
      'File in the form of a kubeconfig that says where events are sent.',
    ),
    webhook('initialBackoffMs', 'initial-backoff', duration, 10000, 'Wait before a failed request is tried again.'),
    flag({
      name: 'audit-webhook-batch-initial-backoff',
      type: duration,
      default: 10000,
      help: 'Another name of --audit-webhook-initial-backoff.',
      hidden: true,
      deprecated: 'Deprecated, use --audit-webhook-initial-backoff instead.',
      apply: (draft, value) => {
        if (value !== 10000) draft.audit.webhook = { ...draft.audit.webhook, initialBackoffMs: value }
      },
    }),
    webhook(
      'mode',
      'mode',
      string as FlagType<Mode>,
      'batch',
      'How events are sent: "batch", "blocking" or "blocking-strict", as with --audit-log-mode.',
    ),
    webhook('truncate', 'truncate-enabled', bool, false, 'Shorten events and batches that are too large.'),
    webhook(
      'truncateMaxBatchBytes',
      'truncate-max-batch-size',
      int,
      10485760,
      'Bytes of a batch; larger ones are split.',
    ),
    webhook(
      'truncateMaxEventBytes',
      'truncate-max-event-size',
      int,
      102400,
      'Bytes of an event; from larger ones request and response are left out, and if that is not enough the event is.',
    ),
    webhook('version', 'version', string, 'audit.k8s.io/v1', 'API group and version of the events that are sent.'),
  ],
}
