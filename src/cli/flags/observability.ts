import type { LogFormat } from '../../server/index.js'
import { flag, type Section } from '../flag.js'
import {
  bool,
  duration,
  level,
  quantity,
  type StringMap,
  string,
  strings,
  stringToString,
  vmodule,
} from '../values/types.js'

const alphaLogs = 'the feature LoggingAlphaOptions'

export const metrics: Section = {
  name: 'Metrics',
  flags: [
    flag({
      name: 'allow-metric-labels',
      type: stringToString,
      default: new Map() as StringMap,
      help: 'metric,label=values: the values a label may have; others become "unexpected".',
      notBuilt: 'limits for the labels of metrics',
    }),
    flag({
      name: 'allow-metric-labels-manifest',
      type: string,
      default: '',
      help: 'File with what --allow-metric-labels says.',
      notBuilt: 'limits for the labels of metrics',
    }),
    flag({
      name: 'disabled-metrics',
      type: strings,
      default: [],
      help: 'Full names of metrics to leave out.',
      apply: (draft, value) => {
        draft.metrics.disabled = value
      },
    }),
    flag({
      name: 'show-hidden-metrics-for-version',
      type: string,
      default: '',
      help: 'The previous minor version, whose deprecated metrics are shown although they are hidden now.',
      notBuilt: 'hidden metrics',
    }),
  ],
}

export const logs: Section = {
  name: 'Logs',
  flags: [
    flag({
      name: 'log-flush-frequency',
      type: duration,
      default: 5_000,
      help: 'Longest time before log lines are written out.',
      noEffect: 'log lines are written at once',
    }),
    flag({
      name: 'log-json-info-buffer-size',
      type: quantity,
      default: '0',
      help: '[Alpha] Bytes of information that may wait to be written, in JSON with split streams.',
      notBuilt: alphaLogs,
    }),
    flag({
      name: 'log-json-split-stream',
      type: bool,
      default: false,
      help: '[Alpha] In JSON, write errors to standard error and the rest to standard output.',
      notBuilt: alphaLogs,
    }),
    flag({
      name: 'log-text-info-buffer-size',
      type: quantity,
      default: '0',
      help: '[Alpha] Bytes of information that may wait to be written, in text with split streams.',
      notBuilt: alphaLogs,
    }),
    flag({
      name: 'log-text-split-stream',
      type: bool,
      default: false,
      help: '[Alpha] In text, write errors to standard error and the rest to standard output.',
      notBuilt: alphaLogs,
    }),
    flag({
      name: 'logging-format',
      type: string,
      default: 'text',
      help: 'Form of the log: "text" or "json".',
      apply: (draft, value) => {
        draft.logs.format = value as LogFormat
      },
    }),
    flag({
      name: 'v',
      short: 'v',
      type: level,
      default: 0,
      help: 'How much is logged: the higher the more. 3 logs every request.',
      apply: (draft, value) => {
        draft.logs.verbosity = value
      },
    }),
    flag({
      name: 'vmodule',
      type: vmodule,
      default: [],
      help: 'Pairs pattern=N with commas between them: parts of the server whose name fits the pattern log at level N. Only for the text format.',
      apply: (draft, value) => {
        draft.logs.vmodule = value.join(',')
      },
    }),
  ],
}

export const traces: Section = {
  name: 'Traces',
  flags: [
    flag({
      name: 'tracing-config-file',
      type: string,
      default: '',
      help: 'File that says where traces are sent.',
      apply: (draft, value) => {
        draft.generic.tracingConfigFile = value
      },
    }),
  ],
}
