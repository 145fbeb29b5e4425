import type { GroupVersionKind, Verb } from './resource.js'

/** A built-in resource as data: what discovery tells about it and where its objects lie. */
export interface CatalogEntry {
  readonly group: string
  /** Plural, lower case. */
  readonly resource: string
  readonly singular: string
  readonly kind: string
  readonly namespaced: boolean
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  /** All versions that can be served, in order of preference. */
  readonly versions: readonly CatalogVersion[]
  /** In the order in which discovery lists them. */
  readonly verbs: readonly Verb[]
  /** In alphabetical order. */
  readonly subresources: readonly CatalogSubresource[]
  /** `/registry/pods/`, or undefined if nothing is stored. Source: kubeapiserver default_storage_factory_builder.go. */
  readonly storagePrefix: string | undefined
  /** The group and version objects are stored in; the group differs from `group` for events alone, where two share a storage. */
  readonly storageGroup: string
  readonly storageVersion: string
  /** The feature gate without which no version is served. */
  readonly gate: string | undefined
}

export interface CatalogVersion {
  readonly version: string
  /** False for alpha and beta versions: served only if `--runtime-config` says so. */
  readonly introducedDefaultOn: boolean
}

export interface CatalogSubresource {
  readonly name: string
  /** `group` and `version` are empty where they are the parent's. */
  readonly responseKind: GroupVersionKind
  readonly verbs: readonly Verb[]
  /** The feature gate without which it is not served. */
  readonly gate?: string
}

interface Options {
  readonly cluster?: true
  readonly short?: readonly string[]
  readonly categories?: readonly string[]
  /** Served by default. Default: v1. */
  readonly on?: readonly string[]
  /** Served if asked for. */
  readonly off?: readonly string[]
  readonly verbs?: readonly Verb[]
  readonly sub?: readonly CatalogSubresource[]
  /** Below /registry/. Default: the plural. */
  readonly prefix?: string
  readonly storageGroup?: string
  /** Default: the most preferred version. */
  readonly storageVersion?: string
  readonly gate?: string
}

const allVerbs: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const modify: readonly Verb[] = ['get', 'patch', 'update']
const connect: readonly Verb[] = ['create', 'delete', 'get', 'patch', 'update']

type Row = (resource: string, kind: string, options?: Options) => CatalogEntry

const rows =
  (group: string): Row =>
  (resource, kind, options = {}) => {
    const on = options.on ?? (options.off === undefined ? ['v1'] : [])
    const versions = [
      ...on.map((version) => ({ version, introducedDefaultOn: true })),
      ...(options.off ?? []).map((version) => ({ version, introducedDefaultOn: false })),
    ]
    const verbs = options.verbs ?? allVerbs
    const stored = verbs.includes('update')
    return {
      group,
      resource,
      singular: kind.toLowerCase(),
      kind,
      namespaced: options.cluster !== true,
      shortNames: options.short ?? [],
      categories: options.categories ?? [],
      versions,
      verbs,
      subresources: options.sub ?? [],
      storagePrefix: stored ? `/registry/${options.prefix ?? resource}/` : undefined,
      storageGroup: options.storageGroup ?? group,
      storageVersion: options.storageVersion ?? versions[0]!.version,
      gate: options.gate,
    }
  }

const own = (name: string, kind: string, verbs: readonly Verb[], gate?: string): CatalogSubresource => ({
  name,
  responseKind: { group: '', version: '', kind },
  verbs,
  ...(gate === undefined ? {} : { gate }),
})
const status = (kind: string): readonly CatalogSubresource[] => [own('status', kind, modify)]
const scale: CatalogSubresource = {
  name: 'scale',
  responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  verbs: modify,
}
const all = ['all']
const extension = ['api-extensions']

const core = rows('')
const registration = rows('apiregistration.k8s.io')
const apps = rows('apps')
const authentication = rows('authentication.k8s.io')
const authorization = rows('authorization.k8s.io')
const autoscaling = rows('autoscaling')
const batch = rows('batch')
const certificates = rows('certificates.k8s.io')
const networking = rows('networking.k8s.io')
const rbac = rows('rbac.authorization.k8s.io')
const storage = rows('storage.k8s.io')
const admission = rows('admissionregistration.k8s.io')
const scheduling = rows('scheduling.k8s.io')
const coordination = rows('coordination.k8s.io')
const resource = rows('resource.k8s.io')
const flowcontrol = rows('flowcontrol.apiserver.k8s.io')

/**
 * Every resource that kube-apiserver 1.36 can serve, as itself or as an older release, without a CustomResourceDefinition, by group and then by name. Which
 * alpha and beta versions exist: kubernetes pkg/controlplane/instance.go and pkg/registry/<group>/rest/.
 */
export const catalog: readonly CatalogEntry[] = [
  core('bindings', 'Binding', { verbs: ['create'] }),
  core('componentstatuses', 'ComponentStatus', { cluster: true, short: ['cs'], verbs: ['get', 'list'] }),
  core('configmaps', 'ConfigMap', { short: ['cm'] }),
  core('endpoints', 'Endpoints', { short: ['ep'], prefix: 'services/endpoints' }),
  core('events', 'Event', { short: ['ev'] }),
  core('limitranges', 'LimitRange', { short: ['limits'] }),
  core('namespaces', 'Namespace', {
    cluster: true,
    short: ['ns'],
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
    sub: [own('finalize', 'Namespace', ['update']), ...status('Namespace')],
  }),
  core('nodes', 'Node', {
    cluster: true,
    short: ['no'],
    prefix: 'minions',
    sub: [own('proxy', 'NodeProxyOptions', connect), ...status('Node')],
  }),
  core('persistentvolumeclaims', 'PersistentVolumeClaim', { short: ['pvc'], sub: status('PersistentVolumeClaim') }),
  core('persistentvolumes', 'PersistentVolume', { cluster: true, short: ['pv'], sub: status('PersistentVolume') }),
  core('pods', 'Pod', {
    short: ['po'],
    categories: all,
    sub: [
      own('attach', 'PodAttachOptions', ['create', 'get']),
      own('binding', 'Binding', ['create']),
      own('ephemeralcontainers', 'Pod', modify),
      { name: 'eviction', responseKind: { group: 'policy', version: 'v1', kind: 'Eviction' }, verbs: ['create'] },
      own('exec', 'PodExecOptions', ['create', 'get']),
      own('log', 'Pod', ['get']),
      own('portforward', 'PodPortForwardOptions', ['create', 'get']),
      own('proxy', 'PodProxyOptions', connect),
      own('resize', 'Pod', modify, 'InPlacePodVerticalScaling'),
      ...status('Pod'),
    ],
  }),
  core('podtemplates', 'PodTemplate'),
  core('replicationcontrollers', 'ReplicationController', {
    short: ['rc'],
    categories: all,
    prefix: 'controllers',
    sub: [scale, ...status('ReplicationController')],
  }),
  core('resourcequotas', 'ResourceQuota', { short: ['quota'], sub: status('ResourceQuota') }),
  core('secrets', 'Secret'),
  core('serviceaccounts', 'ServiceAccount', {
    short: ['sa'],
    sub: [
      {
        name: 'token',
        responseKind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
        verbs: ['create'],
      },
    ],
  }),
  core('services', 'Service', {
    short: ['svc'],
    categories: all,
    prefix: 'services/specs',
    sub: [own('proxy', 'ServiceProxyOptions', connect), ...status('Service')],
  }),

  registration('apiservices', 'APIService', {
    cluster: true,
    categories: extension,
    prefix: 'apiregistration.k8s.io/apiservices',
    sub: status('APIService'),
  }),

  apps('controllerrevisions', 'ControllerRevision'),
  apps('daemonsets', 'DaemonSet', { short: ['ds'], categories: all, sub: status('DaemonSet') }),
  apps('deployments', 'Deployment', { short: ['deploy'], categories: all, sub: [scale, ...status('Deployment')] }),
  apps('replicasets', 'ReplicaSet', { short: ['rs'], categories: all, sub: [scale, ...status('ReplicaSet')] }),
  apps('statefulsets', 'StatefulSet', { short: ['sts'], categories: all, sub: [scale, ...status('StatefulSet')] }),

  rows('events.k8s.io')('events', 'Event', { short: ['ev'], storageGroup: '' }),

  authentication('selfsubjectreviews', 'SelfSubjectReview', { cluster: true, verbs: ['create'] }),
  authentication('tokenreviews', 'TokenReview', { cluster: true, verbs: ['create'] }),

  authorization('localsubjectaccessreviews', 'LocalSubjectAccessReview', { verbs: ['create'] }),
  authorization('selfsubjectaccessreviews', 'SelfSubjectAccessReview', { cluster: true, verbs: ['create'] }),
  authorization('selfsubjectrulesreviews', 'SelfSubjectRulesReview', { cluster: true, verbs: ['create'] }),
  authorization('subjectaccessreviews', 'SubjectAccessReview', { cluster: true, verbs: ['create'] }),

  autoscaling('horizontalpodautoscalers', 'HorizontalPodAutoscaler', {
    on: ['v2', 'v1'],
    short: ['hpa'],
    categories: all,
    sub: status('HorizontalPodAutoscaler'),
  }),

  batch('cronjobs', 'CronJob', { short: ['cj'], categories: all, sub: status('CronJob') }),
  batch('jobs', 'Job', { categories: all, sub: status('Job') }),

  certificates('certificatesigningrequests', 'CertificateSigningRequest', {
    cluster: true,
    short: ['csr'],
    sub: [own('approval', 'CertificateSigningRequest', modify), ...status('CertificateSigningRequest')],
  }),
  certificates('clustertrustbundles', 'ClusterTrustBundle', {
    cluster: true,
    off: ['v1beta1', 'v1alpha1'],
    gate: 'ClusterTrustBundle',
  }),
  certificates('podcertificaterequests', 'PodCertificateRequest', {
    off: ['v1beta1'],
    gate: 'PodCertificateRequest',
    sub: status('PodCertificateRequest'),
  }),

  networking('ingressclasses', 'IngressClass', { cluster: true }),
  networking('ingresses', 'Ingress', { short: ['ing'], prefix: 'ingress', sub: status('Ingress') }),
  networking('ipaddresses', 'IPAddress', { cluster: true, on: ['v1'], off: ['v1beta1'], short: ['ip'] }),
  networking('networkpolicies', 'NetworkPolicy', { short: ['netpol'] }),
  networking('servicecidrs', 'ServiceCIDR', {
    cluster: true,
    on: ['v1'],
    off: ['v1beta1'],
    sub: status('ServiceCIDR'),
  }),

  rows('policy')('poddisruptionbudgets', 'PodDisruptionBudget', {
    short: ['pdb'],
    sub: status('PodDisruptionBudget'),
  }),

  rbac('clusterrolebindings', 'ClusterRoleBinding', { cluster: true }),
  rbac('clusterroles', 'ClusterRole', { cluster: true }),
  rbac('rolebindings', 'RoleBinding'),
  rbac('roles', 'Role'),

  storage('csidrivers', 'CSIDriver', { cluster: true }),
  storage('csinodes', 'CSINode', { cluster: true }),
  storage('csistoragecapacities', 'CSIStorageCapacity'),
  storage('storageclasses', 'StorageClass', { cluster: true, short: ['sc'] }),
  storage('volumeattachments', 'VolumeAttachment', { cluster: true, sub: status('VolumeAttachment') }),
  storage('volumeattributesclasses', 'VolumeAttributesClass', {
    cluster: true,
    on: ['v1'],
    off: ['v1beta1'],
    short: ['vac'],
  }),

  // Stored in v1beta1 for as long as a server of the release before must be able to read them.
  admission('mutatingadmissionpolicies', 'MutatingAdmissionPolicy', {
    cluster: true,
    on: ['v1'],
    off: ['v1beta1', 'v1alpha1'],
    storageVersion: 'v1beta1',
    categories: extension,
  }),
  admission('mutatingadmissionpolicybindings', 'MutatingAdmissionPolicyBinding', {
    cluster: true,
    on: ['v1'],
    off: ['v1beta1', 'v1alpha1'],
    storageVersion: 'v1beta1',
    categories: extension,
  }),
  admission('mutatingwebhookconfigurations', 'MutatingWebhookConfiguration', { cluster: true, categories: extension }),
  // v1beta1 was there until 1.33.
  admission('validatingadmissionpolicies', 'ValidatingAdmissionPolicy', {
    cluster: true,
    on: ['v1'],
    off: ['v1beta1'],
    categories: extension,
    sub: status('ValidatingAdmissionPolicy'),
  }),
  admission('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', {
    cluster: true,
    on: ['v1'],
    off: ['v1beta1'],
    categories: extension,
  }),
  admission('validatingwebhookconfigurations', 'ValidatingWebhookConfiguration', {
    cluster: true,
    categories: extension,
  }),

  rows('apiextensions.k8s.io')('customresourcedefinitions', 'CustomResourceDefinition', {
    cluster: true,
    short: ['crd', 'crds'],
    categories: extension,
    prefix: 'apiextensions.k8s.io/customresourcedefinitions',
    sub: status('CustomResourceDefinition'),
  }),

  scheduling('podgroups', 'PodGroup', { off: ['v1alpha2'], gate: 'GenericWorkload', sub: status('PodGroup') }),
  scheduling('priorityclasses', 'PriorityClass', { cluster: true, short: ['pc'] }),
  scheduling('workloads', 'Workload', { off: ['v1alpha2'], gate: 'GenericWorkload' }),

  coordination('leasecandidates', 'LeaseCandidate', { off: ['v1beta1', 'v1alpha2'] }),
  coordination('leases', 'Lease'),

  rows('node.k8s.io')('runtimeclasses', 'RuntimeClass', { cluster: true }),

  rows('discovery.k8s.io')('endpointslices', 'EndpointSlice'),

  resource('deviceclasses', 'DeviceClass', { cluster: true, on: ['v1'], off: ['v1beta2', 'v1beta1'] }),
  resource('devicetaintrules', 'DeviceTaintRule', {
    cluster: true,
    off: ['v1beta2', 'v1alpha3'],
    storageVersion: 'v1alpha3',
    sub: status('DeviceTaintRule'),
  }),
  resource('resourceclaims', 'ResourceClaim', {
    on: ['v1'],
    off: ['v1beta2', 'v1beta1'],
    sub: status('ResourceClaim'),
  }),
  resource('resourceclaimtemplates', 'ResourceClaimTemplate', { on: ['v1'], off: ['v1beta2', 'v1beta1'] }),
  resource('resourcepoolstatusrequests', 'ResourcePoolStatusRequest', {
    cluster: true,
    off: ['v1alpha3'],
    sub: status('ResourcePoolStatusRequest'),
  }),
  resource('resourceslices', 'ResourceSlice', { cluster: true, on: ['v1'], off: ['v1beta2', 'v1beta1'] }),

  flowcontrol('flowschemas', 'FlowSchema', { cluster: true, sub: status('FlowSchema') }),
  flowcontrol('prioritylevelconfigurations', 'PriorityLevelConfiguration', {
    cluster: true,
    sub: status('PriorityLevelConfiguration'),
  }),

  rows('internal.apiserver.k8s.io')('storageversions', 'StorageVersion', {
    cluster: true,
    off: ['v1alpha1'],
    sub: status('StorageVersion'),
  }),

  rows('storagemigration.k8s.io')('storageversionmigrations', 'StorageVersionMigration', {
    cluster: true,
    off: ['v1beta1'],
    gate: 'StorageVersionMigrator',
    sub: status('StorageVersionMigration'),
  }),
]
