import { type Flag, flag, type Section } from '../flag.js'
import { bool, duration, int, type PortRange, portRange, string, strings } from '../values/types.js'

const leases = 'coordinated leader election'

const peer = (name: string, help: string): Flag =>
  flag({ name, type: string, default: '', help, notBuilt: 'the proxy between servers of different versions' })

export const misc: Section = {
  name: 'Misc',
  flags: [
    flag({
      name: 'apiserver-count',
      type: int,
      default: 1,
      help: 'How many servers there are, for --endpoint-reconciler-type=master-count.',
      hidden: true,
      deprecated: 'apiserver-count is deprecated and will be removed in a future version.',
      apply: (draft, value) => {
        draft.network.apiServerCount = value
      },
    }),
    flag({
      name: 'aggregator-reject-forwarding-redirect',
      type: bool,
      default: true,
      help: 'Do not pass redirects of aggregated servers on to clients.',
      apply: (draft, value) => {
        draft.aggregator.rejectForwardingRedirects = value
      },
    }),
    flag({
      name: 'allow-privileged',
      type: bool,
      default: false,
      help: 'Allow privileged containers.',
      apply: (draft, value) => {
        draft.admission.allowPrivileged = value
      },
    }),
    flag({
      name: 'coordinated-leadership-lease-duration',
      type: duration,
      default: 15_000,
      help: 'Life of the leases of coordinated leader election.',
      notBuilt: leases,
    }),
    flag({
      name: 'coordinated-leadership-renew-deadline',
      type: duration,
      default: 10_000,
      help: 'Time by which such a lease must have been renewed.',
      notBuilt: leases,
    }),
    flag({
      name: 'coordinated-leadership-retry-period',
      type: duration,
      default: 2_000,
      help: 'Time between attempts to renew such a lease.',
      notBuilt: leases,
    }),
    flag({
      name: 'enable-aggregator-routing',
      type: bool,
      default: false,
      help: 'Send requests for aggregated APIs to the endpoints of the Service rather than to its cluster IP.',
      apply: (draft, value) => {
        draft.aggregator.endpointRouting = value
      },
    }),
    flag({
      name: 'enable-logs-handler',
      type: bool,
      default: false,
      help: 'Serve the log files of the host under /logs.',
      deprecated: 'This flag will be removed in v1.19',
      notBuilt: 'the /logs endpoint',
    }),
    flag({
      name: 'endpoint-reconciler-type',
      type: string,
      default: 'lease',
      help: 'How the endpoints of the kubernetes Service are kept true: "lease", "master-count" or "none".',
      apply: (draft, value) => {
        draft.network.endpointReconciler = value as 'lease' | 'master-count' | 'none'
      },
    }),
    flag({
      name: 'event-ttl',
      type: duration,
      default: 3_600_000,
      help: 'How long events are kept.',
      apply: (draft, value) => {
        draft.network.eventTtlMs = value
      },
    }),
    flag({
      name: 'kubelet-certificate-authority',
      type: string,
      default: '',
      help: 'Certificate authorities of the kubelets.',
      apply: (draft, value) => {
        draft.kubelets.certificateAuthorityFile = value
      },
    }),
    flag({
      name: 'kubelet-client-certificate',
      type: string,
      default: '',
      help: 'Certificate shown to kubelets.',
      apply: (draft, value) => {
        draft.kubelets.clientCertFile = value
      },
    }),
    flag({
      name: 'kubelet-client-key',
      type: string,
      default: '',
      help: 'Private key of the certificate shown to kubelets.',
      apply: (draft, value) => {
        draft.kubelets.clientKeyFile = value
      },
    }),
    flag({
      name: 'kubelet-preferred-address-types',
      type: strings,
      default: ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP'],
      help: 'Which address of a node is used to reach its kubelet, best first.',
      apply: (draft, value) => {
        draft.kubelets.preferredAddressTypes = value
      },
    }),
    ...(['port', 'read-only-port'] as const).map((port) =>
      flag({
        name: `kubelet-${port}`,
        type: int,
        default: port === 'port' ? 10250 : 10255,
        help: 'Port of kubelets.',
        hidden: true,
        deprecated: `kubelet-${port} is deprecated and will be removed.`,
        noEffect: 'nodes say which port their kubelet has',
      }),
    ),
    flag({
      name: 'kubelet-timeout',
      type: duration,
      default: 5_000,
      help: 'How long a kubelet may take to answer.',
      noEffect: 'connections to kubelets are given 30 seconds, as upstream gives them',
    }),
    flag({
      name: 'kubernetes-service-node-port',
      type: int,
      default: 0,
      help: 'Node port of the kubernetes Service. 0: it has none and is of type ClusterIP.',
      apply: (draft, value) => {
        draft.network.kubernetesServiceNodePort = value
      },
    }),
    flag({
      name: 'max-connection-bytes-per-sec',
      type: int,
      default: 0,
      help: 'Bytes a second for long-running connections of a user. 0: no limit.',
      noEffect: 'upstream does not read it either',
    }),
    peer('peer-advertise-ip', 'IP address under which other API servers reach this one.'),
    peer('peer-advertise-port', 'Port on which other API servers reach this one.'),
    peer('peer-ca-file', 'Certificate authorities of other API servers.'),
    flag({
      name: 'proxy-client-cert-file',
      type: string,
      default: '',
      help: 'Certificate shown to aggregated servers and webhooks, to prove who is calling.',
      apply: (draft, value) => {
        draft.aggregator.proxyClientCertFile = value
      },
    }),
    flag({
      name: 'proxy-client-key-file',
      type: string,
      default: '',
      help: 'Private key of --proxy-client-cert-file.',
      apply: (draft, value) => {
        draft.aggregator.proxyClientKeyFile = value
      },
    }),
    flag({
      name: 'service-account-signing-endpoint',
      type: string,
      default: '',
      help: 'Socket of a program that signs service account tokens, in place of --service-account-signing-key-file.',
      apply: (draft, value) => {
        draft.authentication.serviceAccounts = { ...draft.authentication.serviceAccounts, signingEndpoint: value }
      },
    }),
    flag({
      name: 'service-account-signing-key-file',
      type: string,
      default: '',
      help: 'PEM file of the private key that signs service account tokens.',
      apply: (draft, value) => {
        draft.authentication.serviceAccounts = { ...draft.authentication.serviceAccounts, signingKeyFile: value }
      },
    }),
    flag({
      name: 'service-cluster-ip-range',
      type: string,
      default: '',
      help: 'CIDR that cluster IPs of Services come from; two of different families for dual stack. It must not overlap with the addresses of nodes and pods.',
      apply: (draft, value) => {
        if (value !== '') draft.network.serviceClusterIpRanges = value.split(',')
      },
    }),
    flag({
      name: 'service-node-port-range',
      type: portRange,
      default: [30_000, 32_767] as PortRange,
      help: 'Ports that Services with NodePorts may have, ends included, for example 30000-32767. It must not overlap with the ephemeral ports of nodes.',
      apply: (draft, value) => {
        draft.network.serviceNodePortRange = value
      },
    }),
  ],
}
