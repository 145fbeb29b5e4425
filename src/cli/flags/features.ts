import { flag, type Section } from '../flag.js'
import { bool, string } from '../values/types.js'

export const features: Section = {
  name: 'Features',
  flags: [
    flag({
      name: 'contention-profiling',
      type: bool,
      default: false,
      help: 'With --profiling, also profile waiting for locks.',
      noEffect: 'requests do not wait for locks here',
    }),
    flag({
      name: 'debug-socket-path',
      type: string,
      default: '',
      help: 'Path of a local socket for profiling without authentication.',
      notBuilt: 'a socket for profiling',
    }),
    flag({
      name: 'enable-priority-and-fairness',
      type: bool,
      default: true,
      help: 'Share the requests that are served at once out by FlowSchemas and PriorityLevelConfigurations; without it there are two plain limits.',
      apply: (draft, value) => {
        draft.features.priorityAndFairness = value
      },
    }),
    flag({
      name: 'profiling',
      type: bool,
      default: true,
      help: 'Serve profiles under /debug/pprof/: profile (of the CPU, a .cpuprofile) and heap (a .heapsnapshot). Their formats are those of V8, which browser developer tools open, not that of Go.',
      apply: (draft, value) => {
        draft.features.profiling = value
      },
    }),
  ],
}
