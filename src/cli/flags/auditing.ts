import { type Flag, flag, type Section } from '../flag.js'
import { bool, duration, type FlagType, float32, int, string } from '../values/types.js'

const audit = <T>(name: string, type: FlagType<T>, value: T, help: string): Flag =>
  flag({ name, type, default: value, help, notBuilt: 'auditing' })

export const auditing: Section = {
  name: 'Auditing',
  flags: [
    audit('audit-log-batch-buffer-size', int, 10000, 'Events held before they are written. Batch mode only.'),
    audit('audit-log-batch-max-size', int, 1, 'Most events in one batch. Batch mode only.'),
    audit(
      'audit-log-batch-max-wait',
      duration,
      0,
      'Longest time before a batch is written that is not full. Batch mode only.',
    ),
    audit('audit-log-batch-throttle-burst', int, 0, 'Requests at once before throttling sets in. Batch mode only.'),
    audit('audit-log-batch-throttle-enable', bool, false, 'Throttle batches. Batch mode only.'),
    audit('audit-log-batch-throttle-qps', float32, 0, 'Batches a second, on average. Batch mode only.'),
    audit('audit-log-compress', bool, false, 'Compress rotated log files with gzip.'),
    audit('audit-log-format', string, 'json', 'Form of the log: "legacy", one line of text an event, or "json".'),
    audit('audit-log-maxage', int, 366, 'Days to keep old log files, after the time in their name. 0 keeps them.'),
    audit('audit-log-maxbackup', int, 100, 'Old log files to keep. 0 keeps all.'),
    audit('audit-log-maxsize', int, 100, 'Megabytes after which a log file is rotated.'),
    audit(
      'audit-log-mode',
      string,
      'blocking',
      'How events are written: "batch" (in the background), "blocking" (before the answer) or "blocking-strict" (and without it no answer).',
    ),
    audit('audit-log-path', string, '', 'File for the audit log; "-" is standard output. Without it there is no log.'),
    audit('audit-log-truncate-enabled', bool, false, 'Shorten events and batches that are too large.'),
    audit('audit-log-truncate-max-batch-size', int, 10485760, 'Bytes of a batch; larger ones are split.'),
    audit(
      'audit-log-truncate-max-event-size',
      int,
      102400,
      'Bytes of an event; from larger ones request and response are left out, and if that is not enough the event is.',
    ),
    audit('audit-log-version', string, 'audit.k8s.io/v1', 'API group and version of the events that are written.'),
    audit('audit-policy-file', string, '', 'File with the policy: what is recorded, and how much of it.'),
    audit('audit-webhook-batch-buffer-size', int, 10000, 'Events held before they are sent. Batch mode only.'),
    audit('audit-webhook-batch-max-size', int, 400, 'Most events in one batch. Batch mode only.'),
    audit(
      'audit-webhook-batch-max-wait',
      duration,
      30000,
      'Longest time before a batch is sent that is not full. Batch mode only.',
    ),
    audit(
      'audit-webhook-batch-throttle-burst',
      int,
      15,
      'Requests at once before throttling sets in. Batch mode only.',
    ),
    audit('audit-webhook-batch-throttle-enable', bool, true, 'Throttle batches. Batch mode only.'),
    audit('audit-webhook-batch-throttle-qps', float32, 10, 'Batches a second, on average. Batch mode only.'),
    audit('audit-webhook-config-file', string, '', 'File in the form of a kubeconfig that says where events are sent.'),
    audit('audit-webhook-initial-backoff', duration, 10000, 'Wait before a failed request is tried again.'),
    audit(
      'audit-webhook-mode',
      string,
      'batch',
      'How events are sent: "batch", "blocking" or "blocking-strict", as with --audit-log-mode.',
    ),
    audit('audit-webhook-truncate-enabled', bool, false, 'Shorten events and batches that are too large.'),
    audit('audit-webhook-truncate-max-batch-size', int, 10485760, 'Bytes of a batch; larger ones are split.'),
    audit(
      'audit-webhook-truncate-max-event-size',
      int,
      102400,
      'Bytes of an event; from larger ones request and response are left out, and if that is not enough the event is.',
    ),
    audit('audit-webhook-version', string, 'audit.k8s.io/v1', 'API group and version of the events that are sent.'),
  ],
}
