import { featureGateUsages, kubernetesRelease } from '../../api/index.js'
import { flag, type Section } from '../flag.js'
import { bool, duration, float, int, ip, multimap, string, strings } from '../values/types.js'

export const generic: Section = {
  name: 'Generic',
  flags: [
    flag({
      name: 'advertise-address',
      type: ip,
      default: '',
      help: 'IP address under which members of the cluster reach this server; it is published in the endpoints of the kubernetes Service. Without it, --bind-address; if that means all interfaces, the address of the default one.',
      apply: (draft, value) => {
        if (value !== '') draft.generic.advertiseAddress = value
      },
    }),
    flag({
      name: 'cors-allowed-origins',
      type: strings,
      default: [],
      help: 'Regular expressions of origins that browsers may call from. Each must pin both ends of the host, for example "//example\\.com(:|$)". An empty list turns CORS off.',
      apply: (draft, value) => {
        draft.generic.corsAllowedOrigins = value
      },
    }),
    flag({
      name: 'emulated-version',
      type: strings,
      default: [],
      help: 'component=major.minor of the release whose APIs and features are emulated, 1.33 to 1.36. "kube" is the component if none is named.',
      // Read together with --min-compatibility-version and --feature-gates, before all others.
      noEffect: '',
    }),
    flag({
      name: 'emulation-forward-compatible',
      type: bool,
      default: false,
      help: 'With an emulated version, also serve newer versions of the APIs that are enabled by it, but for alpha ones.',
      apply: (draft, value) => {
        draft.generic.emulationForwardCompatible = value
      },
    }),
    flag({
      name: 'external-hostname',
      type: string,
      default: '',
      help: 'Host name of this server in links that it makes, such as those of OpenID discovery.',
      apply: (draft, value) => {
        if (value !== '') draft.generic.externalHost = value
      },
    }),
    flag({
      name: 'feature-gates',
      type: multimap,
      default: new Map<string, readonly string[]>(),
      help: 'component:Feature=true|false pairs that turn features on and off. "kube" is the component if none is named. AllAlpha and AllBeta stand for all features of a stage. Options are:',
      options: () => featureGateUsages(kubernetesRelease),
      // Read by featureGateFlag: texts become gates only once all of them are known.
      noEffect: '',
    }),
    flag({
      name: 'goaway-chance',
      type: float,
      default: 0,
      help: 'Chance, from 0 to 0.02, that a client on HTTP/2 is asked to connect anew after a request, so that clients spread over several servers.',
      apply: (draft, value) => {
        draft.generic.goawayChance = value
      },
    }),
    flag({
      name: 'livez-grace-period',
      type: duration,
      default: 0,
      help: 'For so long after the start, /livez does not fail because of start-up work that is not finished.',
      apply: (draft, value) => {
        draft.generic.livezGracePeriodMs = value
      },
    }),
    flag({
      name: 'max-mutating-requests-inflight',
      type: int,
      default: 200,
      help: 'Changing requests served at once; more are refused. 0 means no limit. With --enable-priority-and-fairness it adds to the total that is shared out.',
      apply: (draft, value) => {
        draft.generic.maxMutatingRequestsInflight = value
      },
    }),
    flag({
      name: 'max-requests-inflight',
      type: int,
      default: 400,
      help: 'Reading requests served at once; more are refused. 0 means no limit. With --enable-priority-and-fairness it adds to the total that is shared out.',
      apply: (draft, value) => {
        draft.generic.maxRequestsInflight = value
      },
    }),
    flag({
      name: 'min-compatibility-version',
      type: strings,
      default: [],
      help: 'component=major.minor of the oldest release that must be able to read what is stored, at most the emulated one; by default the one before it.',
      noEffect: '',
    }),
    flag({
      name: 'min-request-timeout',
      type: int,
      default: 1800,
      help: 'Seconds that a watch is kept open at least; it ends after a random time between this and twice this, unless the client asks for another.',
      apply: (draft, value) => {
        draft.generic.minRequestTimeoutMs = value * 1000
      },
    }),
    flag({
      name: 'request-timeout',
      type: duration,
      default: 60_000,
      help: 'Longest time for a request that is not long-running.',
      apply: (draft, value) => {
        draft.generic.requestTimeoutMs = value
      },
    }),
    flag({
      name: 'runtime-config-emulation-forward-compatible',
      type: bool,
      default: false,
      help: 'With an emulated version, let --runtime-config name newer versions too.',
      apply: (draft, value) => {
        draft.generic.runtimeConfigEmulationForwardCompatible = value
      },
    }),
    flag({
      name: 'shutdown-delay-duration',
      type: duration,
      default: 0,
      help: 'Time between the signal to stop and the end of accepting requests; /readyz fails meanwhile, so that load balancers look elsewhere.',
      apply: (draft, value) => {
        draft.generic.shutdownDelayMs = value
      },
    }),
    flag({
      name: 'shutdown-send-retry-after',
      type: bool,
      default: false,
      help: 'While the last requests finish, answer others with Retry-After and close their connections.',
      apply: (draft, value) => {
        draft.generic.shutdownSendRetryAfter = value
      },
    }),
    flag({
      name: 'shutdown-watch-termination-grace-period',
      type: duration,
      default: 0,
      help: 'Time over which open watches are ended when the server stops. 0 does not wait for them.',
      apply: (draft, value) => {
        draft.generic.shutdownWatchTerminationGracePeriodMs = value
      },
    }),
    flag({
      name: 'storage-initialization-timeout',
      type: duration,
      default: 60_000,
      help: 'How long the server may wait for its storage before it reports ready.',
      noEffect: 'the embedded store is open before the server listens',
    }),
    flag({
      name: 'strict-transport-security-directives',
      type: strings,
      default: [],
      help: 'Directives of the Strict-Transport-Security header, for example "max-age=31536000,includeSubDomains,preload". An empty list sends none.',
      apply: (draft, value) => {
        draft.generic.strictTransportSecurityDirectives = value
      },
    }),
  ],
}
