import { flag, type Section } from '../flag.js'
import { configurationMap, int, type StringMap, string, strings } from '../values/types.js'

export const apiEnablement: Section = {
  name: 'API enablement',
  flags: [
    flag({
      name: 'runtime-config',
      type: configurationMap,
      default: new Map() as StringMap,
      help: 'Pairs key=true|false that turn built-in APIs on and off:\nv1 is the core group\n<group>/<version> a version of a group, such as apps/v1\n<group>/<version>/<resource> one resource of it\napi/all all versions\napi/ga versions like v1\napi/beta versions like v1beta1\napi/alpha versions like v1alpha1',
      apply: (draft, value) => {
        draft.apiEnablement.runtimeConfig = Object.fromEntries(value)
      },
    }),
  ],
}

export const egressSelector: Section = {
  name: 'Egress selector',
  flags: [
    flag({
      name: 'egress-selector-config-file',
      type: string,
      default: '',
      help: 'File that says through which proxies the server reaches nodes, the control plane and etcd.',
      apply: (draft, value) => {
        draft.egress.configFile = value
      },
    }),
  ],
}

export const admission: Section = {
  name: 'Admission',
  flags: [
    flag({
      name: 'admission-control',
      type: strings,
      default: [],
      help: 'All admission plugins to run, in order. Excludes the two flags below.',
      deprecated:
        'Use --enable-admission-plugins or --disable-admission-plugins instead. Will be removed in a future version.',
      apply: (draft, value) => {
        draft.admission.only = value
      },
    }),
    flag({
      name: 'admission-control-config-file',
      type: string,
      default: '',
      help: 'File with the configuration of admission plugins.',
      apply: (draft, value) => {
        draft.admission.configFile = value
      },
    }),
    flag({
      name: 'default-not-ready-toleration-seconds',
      type: int,
      default: 300,
      help: 'Seconds for which pods tolerate node.kubernetes.io/not-ready that do not say so themselves.',
      apply: (draft, value) => {
        draft.admission.notReadyTolerationSeconds = value
      },
    }),
    flag({
      name: 'default-unreachable-toleration-seconds',
      type: int,
      default: 300,
      help: 'Seconds for which pods tolerate node.kubernetes.io/unreachable that do not say so themselves.',
      apply: (draft, value) => {
        draft.admission.unreachableTolerationSeconds = value
      },
    }),
    flag({
      name: 'disable-admission-plugins',
      type: strings,
      default: [],
      help: 'Admission plugins to turn off although they are on by default. The order does not matter.',
      apply: (draft, value) => {
        draft.admission.disable = value
      },
    }),
    flag({
      name: 'enable-admission-plugins',
      type: strings,
      default: [],
      help: 'Admission plugins to turn on besides those that are on by default. The order does not matter.',
      apply: (draft, value) => {
        draft.admission.enable = value
      },
    }),
  ],
}
