import { type FeatureGates, type FeatureStage, knownFeatureGates, releaseText } from '../../api/index.js'
import type { GenericRegistry, ServiceAllocationUsage, Usage } from '../../registry/index.js'
import { prefixRange } from '../../store/index.js'
import type { VersionInfo } from '../version.js'
import { type Metric, ReadGauge } from './series.js'

/** What a server is and holds at the moment of a scrape. */
export interface ServerState {
  /** Of every stored resource, those of custom resources among them as they come and go. */
  readonly registries: ReadonlyMap<string, GenericRegistry>
  readonly gates: Pick<FeatureGates, 'enabled'>
  readonly version: VersionInfo
  /** Addresses and ports of services. */
  serviceAllocation(): ServiceAllocationUsage
}

const stages: Readonly<Record<FeatureStage, string>> = {
  Alpha: 'ALPHA',
  Beta: 'BETA',
  GA: '',
  Deprecated: 'DEPRECATED',
}

/**
 * Numbers of objects, the build and the feature gates: nothing is counted before somebody asks.
 * Source: apiserver pkg/storage/etcd3/metrics, component-base metrics/prometheus and version.
 */
export function stateMetrics({ registries, gates, version, serviceAllocation }: ServerState): readonly Metric[] {
  const addresses = (of: keyof Usage) => () =>
    [...serviceAllocation().addresses].map(([cidr, usage]) => [[cidr], usage[of]] as const)
  const ports = (of: keyof Usage) => () => [[[], serviceAllocation().nodePorts[of]] as const]
  const allocator = 'kube_apiserver_clusterip_allocator'
  const portAllocator = 'kube_apiserver_nodeport_allocator'
  const counts = function* () {
    const seen = new Set<string>()
    for (const { resource, storage, environment } of registries.values()) {
      // Events of two groups are the same objects.
      if (seen.has(storage.prefix)) continue
      seen.add(storage.prefix)
      yield {
        group: resource.group,
        plural: resource.resource,
        objects: environment.store.count(prefixRange(storage.prefix)),
      }
    }
  }
  const emulated = { major: Number(version.emulationMajor), minor: Number(version.emulationMinor) }
  const emulation = releaseText(emulated)
  const minCompatibility = `${version.minCompatibilityMajor}.${version.minCompatibilityMinor}`
  const known = knownFeatureGates(emulated)
  return [
    new ReadGauge('apiserver_resource_objects', 'Stored objects by resource.', ['group', 'resource'], function* () {
      for (const { group, plural, objects } of counts()) yield [[group, plural], objects]
    }),
    new ReadGauge('apiserver_storage_objects', 'Stored objects by resource.', ['resource'], function* () {
      for (const { group, plural, objects } of counts()) yield [[group === '' ? plural : `${plural}.${group}`], objects]
    }),
    new ReadGauge(`${allocator}_allocated_ips`, 'Cluster IPs that services have.', ['cidr'], addresses('allocated')),
    new ReadGauge(`${allocator}_available_ips`, 'Cluster IPs that are free.', ['cidr'], addresses('available')),
    new ReadGauge(`${portAllocator}_allocated_ports`, 'Node ports that services have.', [], ports('allocated')),
    new ReadGauge(`${portAllocator}_available_ports`, 'Node ports that are free.', [], ports('available')),
    new ReadGauge(
      'version_info',
      'Which version the server is of and which it behaves as: always 1.',
      ['binary', 'component', 'emulation', 'min_compat'],
      () => [[[version.gitVersion.replace(/^v/, ''), 'kube', emulation, minCompatibility], 1]],
    ),
    new ReadGauge('kubernetes_build_info', 'What was built: always 1.', buildLabels, () => [
      [
        [
          ...[version.buildDate, version.compiler, version.gitCommit, version.gitTreeState, version.gitVersion],
          ...[version.goVersion, version.major, version.minor, version.platform],
        ],
        1,
      ],
    ]),
    new ReadGauge('kubernetes_feature_enabled', 'Whether a feature is on.', ['name', 'stage'], function* () {
      for (const { name, stage } of known.values()) yield [[name, stages[stage]], gates.enabled(name) ? 1 : 0]
    }),
  ]
}

const buildLabels = [
  ...['build_date', 'compiler', 'git_commit', 'git_tree_state', 'git_version', 'go_version', 'major', 'minor'],
  'platform',
]
